"""Alibaba Cloud CompareFaces, all versions that have it, behind both signature generations."""
