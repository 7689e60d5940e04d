"""Rows of the vendor's tables that this server never answers with, and why not.

The texts of those that belong to sibling interfaces are less certain than the others.
"""

from __future__ import annotations

from collections.abc import Mapping

from visavis.protocols.baidu.errors import Row

_KEYS = "tokens and keys are checked by this server itself"
_LIBRARIES = "of face libraries, search and identities, which are not served"

UNSENT: Mapping[Row, str] = {
    Row(13, "Get service token failed"): _KEYS,
    Row(15, "app not exsits or create failed"): _KEYS,
    Row(223118, "quality control error"): "each flaw has an error of its own",
    Row(223119, "liveness control item error"): "a picture that does not pass the control is error 223120",
    Row(222002, "param[start] format error"): _LIBRARIES,
    Row(222003, "param[length] format error"): _LIBRARIES,
    Row(222005, "param[group_id_list] format error"): _LIBRARIES,
    Row(222006, "group_id format error"): _LIBRARIES,
    Row(222010, "user_info format error"): _LIBRARIES,
    Row(222018, "param[user_id] format error"): _LIBRARIES,
    Row(222021, "param[max_user_num] format error"): _LIBRARIES,
    Row(222022, "param[id_card_number] format error"): _LIBRARIES,
    Row(222023, "param[name] format error"): _LIBRARIES,
    Row(222025, "param[face_token] format error"): _LIBRARIES,
    Row(222030, "param[match_threshold] format error"): _LIBRARIES,
    Row(222207, "match user is not found"): _LIBRARIES,
    Row(222210, "the number of user's faces is beyond the limit"): _LIBRARIES,
    Row(222300, "add face fail"): _LIBRARIES,
    Row(222302, "system error"): "a defect of the server is error 1, and a store that is away 222915",
    Row(223100, "group is not exist"): _LIBRARIES,
    Row(223101, "group is already exist"): _LIBRARIES,
    Row(223102, "user is already exist"): _LIBRARIES,
    Row(223103, "user is not exist"): _LIBRARIES,
    Row(223104, "group_list is too large"): _LIBRARIES,
    Row(223105, "face is already exist"): _LIBRARIES,
    Row(223106, "face is not exist"): _LIBRARIES,
    Row(223111, "dst group is not exist"): _LIBRARIES,
    Row(223128, "group was deleting"): _LIBRARIES,
}
"""Row → reason."""
