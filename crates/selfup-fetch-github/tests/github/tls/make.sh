#!/bin/sh
# Makes the certificates of the tests anew: a root, and a server for the name "localhost" only.
set -eu
cd "$(dirname "$0")"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 \
    -subj "/CN=selfup test root" -keyout root.key -out root.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj "/CN=selfup test server" -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' > server.ext
openssl x509 -req -in server.csr -CA root.pem -CAkey root.key -CAcreateserial -days 36500 \
    -extfile server.ext -out server.pem
rm root.key server.csr server.ext root.srl
