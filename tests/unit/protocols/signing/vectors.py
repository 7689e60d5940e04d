# ruff: noqa: E501
"""Genuine requests of the vendors' clients, byte for byte. Bodies have no trailing newline."""

from __future__ import annotations

# Alibaba v1, classic Python (common parameters in query, business in body)
A1_REQUEST = """\
POST /?Version=2019-03-07&Action=CompareFaces&Format=JSON&RegionId=cn-hangzhou&Timestamp=2026-11-22T00%3A01%3A14Z&SignatureMethod=HMAC-SHA1&SignatureType=&SignatureVersion=1.0&SignatureNonce=f60a0ec066dfae9d2528842a744c5a48&AccessKeyId=LTAI4testAccessKeyId&Signature=um7gsRd%2BljuQRUnRZkZCRyvV1UU%3D
Host: 127.0.0.1:18080
x-acs-action: CompareFaces
x-acs-version: 2019-03-07
Content-Type: application/x-www-form-urlencoded

SourceImageType=FacePic&SourceImageValue=base64%3A%2F%2F%2F9j%2F4AAQ%2BSkZJRg%3D%3D&TargetImageType=IDPic&TargetImageValue=http%3A%2F%2Fexample.com%2Fa+b.jpg%3Fx%3D1%26y%3D~%2A%E4%B8%AD"""
A1_STRING_TO_SIGN = """\
POST&%2F&AccessKeyId%3DLTAI4testAccessKeyId%26Action%3DCompareFaces%26Format%3DJSON%26RegionId%3Dcn-hangzhou%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3Df60a0ec066dfae9d2528842a744c5a48%26SignatureType%3D%26SignatureVersion%3D1.0%26SourceImageType%3DFacePic%26SourceImageValue%3Dbase64%253A%252F%252F%252F9j%252F4AAQ%252BSkZJRg%253D%253D%26TargetImageType%3DIDPic%26TargetImageValue%3Dhttp%253A%252F%252Fexample.com%252Fa%2520b.jpg%253Fx%253D1%2526y%253D~%252A%25E4%25B8%25AD%26Timestamp%3D2026-11-22T00%253A01%253A14Z%26Version%3D2019-03-07"""
A1_SIGNATURE = "um7gsRd+ljuQRUnRZkZCRyvV1UU="

# Alibaba v1, pop-core POST (everything in body)
A2_REQUEST = """\
POST /
x-acs-action: CompareFaces
x-acs-version: 2019-03-07
content-type: application/x-www-form-urlencoded
Host: 127.0.0.1:18080

AccessKeyId=LTAI4testAccessKeyId&Action=CompareFaces&Format=JSON&SignatureMethod=HMAC-SHA1&SignatureNonce=441e918a5bca7db7d2ccf17b7a2ef783&SignatureVersion=1.0&SourceImageType=FacePic&SourceImageValue=base64%3A%2F%2F%2F9j%2F4AAQ%2BSkZJRg%3D%3D&TargetImageType=IDPic&TargetImageValue=http%3A%2F%2Fexample.com%2Fa%20b.jpg%3Fx%3D1%26y%3D~%2A%27%28%29%21%E4%B8%AD&Timestamp=2026-11-22T00%3A04%3A03Z&Version=2019-03-07&Signature=bhtcIBhH7vZG5ZXvkjmPHrATn3M%3D"""
A2_STRING_TO_SIGN = """\
POST&%2F&AccessKeyId%3DLTAI4testAccessKeyId%26Action%3DCompareFaces%26Format%3DJSON%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D441e918a5bca7db7d2ccf17b7a2ef783%26SignatureVersion%3D1.0%26SourceImageType%3DFacePic%26SourceImageValue%3Dbase64%253A%252F%252F%252F9j%252F4AAQ%252BSkZJRg%253D%253D%26TargetImageType%3DIDPic%26TargetImageValue%3Dhttp%253A%252F%252Fexample.com%252Fa%2520b.jpg%253Fx%253D1%2526y%253D~%252A%2527%2528%2529%2521%25E4%25B8%25AD%26Timestamp%3D2026-11-22T00%253A04%253A03Z%26Version%3D2019-03-07"""
A2_SIGNATURE = "bhtcIBhH7vZG5ZXvkjmPHrATn3M="

# Alibaba v1, tea Python with `signature_algorithm="v2"`
A2B_REQUEST = """\
POST /?Action=CompareFaces&Format=json&Version=2019-03-07&Timestamp=2026-11-22T00%3A01%3A15Z&SignatureNonce=aa6a355b625a9153091b72f1b153624d&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&AccessKeyId=LTAI4testAccessKeyId&Signature=PWzmTOUQ0Ao5S0CzeXP9EU6PBt8%3D
host: 127.0.0.1:18080
x-acs-version: 2019-03-07
x-acs-action: CompareFaces
content-type: application/x-www-form-urlencoded

SourceImageType=FacePic&SourceImageValue=base64%3A%2F%2F%2F9j%2F4AAQ%2BSkZJRg%3D%3D&TargetImageType=IDPic&TargetImageValue=http%3A%2F%2Fexample.com%2Fa+b.jpg%3Fx%3D1%26y%3D~%2A%E4%B8%AD"""
A2B_STRING_TO_SIGN = """\
POST&%2F&AccessKeyId%3DLTAI4testAccessKeyId%26Action%3DCompareFaces%26Format%3Djson%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3Daa6a355b625a9153091b72f1b153624d%26SignatureVersion%3D1.0%26SourceImageType%3DFacePic%26SourceImageValue%3Dbase64%253A%252F%252F%252F9j%252F4AAQ%252BSkZJRg%253D%253D%26TargetImageType%3DIDPic%26TargetImageValue%3Dhttp%253A%252F%252Fexample.com%252Fa%2520b.jpg%253Fx%253D1%2526y%253D~%252A%25E4%25B8%25AD%26Timestamp%3D2026-11-22T00%253A01%253A15Z%26Version%3D2019-03-07"""
A2B_SIGNATURE = "PWzmTOUQ0Ao5S0CzeXP9EU6PBt8="

# Alibaba ACS3, tea Python
A3_REQUEST = """\
POST /
host: 127.0.0.1:18080
x-acs-version: 2019-03-07
x-acs-action: CompareFaces
user-agent: AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2
x-acs-date: 2026-11-22T00:01:15Z
x-acs-signature-nonce: 82f1ea2a181e639872b3b69168f42311
accept: application/json
content-type: application/x-www-form-urlencoded
x-acs-content-sha256: 39006554b34c4f5a465d90cfec12b03cb27002e29e5dd69285b57dd56762a0f2
x-acs-credentials-provider: static_ak
Authorization: ACS3-HMAC-SHA256 Credential=LTAI4testAccessKeyId,SignedHeaders=accept;content-type;host;user-agent;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=79a1a23be880e7c3fee9ceb3e761cc728769025e721b38f57abca7cb7938145b

SourceImageType=FacePic&SourceImageValue=base64%3A%2F%2F%2F9j%2F4AAQ%2BSkZJRg%3D%3D&TargetImageType=IDPic&TargetImageValue=http%3A%2F%2Fexample.com%2Fa+b.jpg%3Fx%3D1%26y%3D~%2A%E4%B8%AD"""
A3_CANONICAL = """\
POST
/

accept:application/json
content-type:application/x-www-form-urlencoded
host:127.0.0.1:18080
user-agent:AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2
x-acs-action:CompareFaces
x-acs-content-sha256:39006554b34c4f5a465d90cfec12b03cb27002e29e5dd69285b57dd56762a0f2
x-acs-credentials-provider:static_ak
x-acs-date:2026-11-22T00:01:15Z
x-acs-signature-nonce:82f1ea2a181e639872b3b69168f42311
x-acs-version:2019-03-07

accept;content-type;host;user-agent;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version
39006554b34c4f5a465d90cfec12b03cb27002e29e5dd69285b57dd56762a0f2"""
A3_STRING_TO_SIGN = """\
ACS3-HMAC-SHA256
59d9c6552ed812ef79debb7f8e959868fe4b219651b990f2866593e4335a70eb"""
A3_SIGNATURE = "79a1a23be880e7c3fee9ceb3e761cc728769025e721b38f57abca7cb7938145b"

# Alibaba ACS3, tea Node (chunked body, different SignedHeaders)
A4_REQUEST = """\
POST /
host: 127.0.0.1:18080
x-acs-version: 2019-03-07
x-acs-action: CompareFaces
x-acs-date: 2026-11-22T00:04:05Z
x-acs-signature-nonce: 3c7bdfd94b25c23350e694a2ea9acc58e2c01c565b3b921589e7f9db977c7d07
content-type: application/x-www-form-urlencoded
x-acs-content-sha256: 1d0202dd2768b2b3346bcde3140aff500206bec9c7ad717fb51096687485dcc2
x-acs-credentials-provider: static_ak
Authorization: ACS3-HMAC-SHA256 Credential=LTAI4testAccessKeyId,SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=55fffe2b8cc866a8187bdc4ab8fe2c47a6d56a5b9300e1f08e7eb8a2c0ee32d8
Transfer-Encoding: chunked

SourceImageType=FacePic&SourceImageValue=base64%3A%2F%2F%2F9j%2F4AAQ%2BSkZJRg%3D%3D&TargetImageType=IDPic&TargetImageValue=http%3A%2F%2Fexample.com%2Fa%20b.jpg%3Fx%3D1%26y%3D~*'()!%E4%B8%AD"""
A4_CANONICAL = """\
POST
/

content-type:application/x-www-form-urlencoded
host:127.0.0.1:18080
x-acs-action:CompareFaces
x-acs-content-sha256:1d0202dd2768b2b3346bcde3140aff500206bec9c7ad717fb51096687485dcc2
x-acs-credentials-provider:static_ak
x-acs-date:2026-11-22T00:04:05Z
x-acs-signature-nonce:3c7bdfd94b25c23350e694a2ea9acc58e2c01c565b3b921589e7f9db977c7d07
x-acs-version:2019-03-07

content-type;host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version
1d0202dd2768b2b3346bcde3140aff500206bec9c7ad717fb51096687485dcc2"""
A4_STRING_TO_SIGN = """\
ACS3-HMAC-SHA256
7ef628dfd58026c060c409f89c7e207738973aced9412d98459784e474db1495"""
A4_SIGNATURE = "55fffe2b8cc866a8187bdc4ab8fe2c47a6d56a5b9300e1f08e7eb8a2c0ee32d8"

# Tencent TC3, Python POST
T1_REQUEST = r"""POST /
Content-Type: application/json
Host: 127.0.0.1:18080
X-TC-Action: CompareMaskFace
X-TC-Timestamp: 1795305729
X-TC-Version: 2020-03-03
X-TC-Region: ap-guangzhou
X-TC-Language: zh-CN
Authorization: TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2026-11-22/iai/tc3_request, SignedHeaders=content-type;host, Signature=0e33240aa1632d31625539e7394fd77537ae135fa0fc3479bad5555810e14157

{"ImageA": "/9j/4AAQ+SkZJRg==", "UrlB": "http://example.com/a b.jpg?x=1&y=~*\u4e2d", "FaceModelVersion": "3.0", "QualityControl": 0}"""
T1_CANONICAL = """\
POST
/

content-type:application/json
host:127.0.0.1:18080

content-type;host
007c014d944f616728b1492583ba47123c89c84d92a168d1806cae3c273f357f"""
T1_STRING_TO_SIGN = """\
TC3-HMAC-SHA256
1795305729
2026-11-22/iai/tc3_request
bf0af835904e2a5bbb5ae9936c2f6bb4b2b817cdef3943b6d33dec365f97783d"""
T1_SIGNATURE = "0e33240aa1632d31625539e7394fd77537ae135fa0fc3479bad5555810e14157"

# Tencent TC3, Node POST (service `127`, host signed without port)
T2_REQUEST = """\
POST /
Host: 127.0.0.1:18080
X-TC-Action: CompareMaskFace
X-TC-Region: ap-guangzhou
X-TC-Timestamp: 1795305847
X-TC-Version: 2020-03-03
Content-Type: application/json
Authorization: TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2026-11-22/127/tc3_request, SignedHeaders=content-type;host, Signature=6ae988dc5bf6b0a76b83215263c7fe41a6c5fe3740a370f7ec2525dd3b41f197

{"ImageA":"/9j/4AAQ+SkZJRg==","UrlB":"http://example.com/a b.jpg?x=1&y=~*'()!中","QualityControl":0,"FaceModelVersion":"3.0"}"""
T2_CANONICAL = """\
POST
/

content-type:application/json
host:127.0.0.1

content-type;host
12fdf0cd10c9c6f9e6602b3b756838bc9aa289440c27c1acfc8e6df58d8bb180"""
T2_STRING_TO_SIGN = """\
TC3-HMAC-SHA256
1795305847
2026-11-22/127/tc3_request
08319bb760b0bbe99af717eeda99f5e7a1b9235f08dbe16fa89d48267849bea0"""
T2_SIGNATURE = "6ae988dc5bf6b0a76b83215263c7fe41a6c5fe3740a370f7ec2525dd3b41f197"
