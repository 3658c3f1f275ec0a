"""The data plane by httpx, with signatures of botocore: what people do who want no client of AWS.

    by_httpx.py ARN
"""

import os
import sys
from urllib.parse import quote

import botocore.session
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

SERVICE = "cloudfront-keyvaluestore"
KEY = "/é a'(b)"

arn = sys.argv[1]
endpoint = os.environ["AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE"]
# As the SDKs do, so that it is the account's name that must be reached.
store = endpoint.replace("://", f"://{arn.split(':')[4]}.") + "/key-value-stores/" + quote(arn, "")
credentials = botocore.session.get_session().get_credentials()


def ask(method, path="", **more):
    request = AWSRequest(method, store + path, **more)
    SigV4Auth(credentials, SERVICE, "us-east-1").add_auth(request)
    answer = httpx.request(method, request.url, headers=dict(request.headers), content=request.data)
    assert answer.status_code == 200, answer.text
    return answer


json = {"content-type": "application/json"}
etag = ask("GET").headers["ETag"]
headers = json | {"if-match": etag}
path = "/keys/" + quote(KEY, "")
etag = ask("PUT", path, headers=headers, data=b'{"Value": "one"}').headers["ETag"]
assert ask("GET", path).json()["Value"] == "one"
body = b'{"Puts": [{"Key": "b", "Value": "two"}], "Deletes": []}'
etag = ask("POST", "/keys", headers=json | {"if-match": etag}, data=body).headers["ETag"]
assert ask("GET", "/keys").json()["Items"][1] == {"Key": "b", "Value": "two"}
assert ask("DELETE", path, headers={"if-match": etag}).json()["ItemCount"] == 1
print("done")
