"""Writes one object after the other, says whose it is, and deletes it; the store is played by moto."""

import os

from moto.server import ThreadedMotoServer
from pace import steps
from s3fs import S3FileSystem

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
host, port = server.get_host_and_port()
files = S3FileSystem(endpoint_url=f"http://{host}:{port}", use_listings_cache=False)
files.mkdir("bucket")
for number in steps():
    path = f"bucket/{number}"
    files.pipe(path, b"content")
    files.setxattr(path, owner="me")
    files.rm(path)
print("objects left:", len(files.ls("bucket")), "listings cached:", len(files.dircache))
print("metadata kept:", len(S3FileSystem._metadata_cache))
server.stop()
