"""Tencent Cloud's face service, iai: CompareMaskFace and CompareFace."""
