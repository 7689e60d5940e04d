"""The Kuaidi100 cloud market interface 人脸对比: one form in, one JSON object out."""
