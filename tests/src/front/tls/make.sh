#!/bin/sh
# Makes the certificates of the tests anew: a root, and two servers for the name "localhost", of
# which the root has signed one.
set -eu
cd "$(dirname "$0")"
request() { openssl req "$@" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes; }
request -x509 -days 36500 -subj "/CN=selfup test root" -keyout root.key -out root.pem
printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' > server.ext
request -subj "/CN=selfup test server" -keyout known.key -out known.csr
openssl x509 -req -in known.csr -CA root.pem -CAkey root.key -CAcreateserial -days 36500 \
    -extfile server.ext -out known.pem
request -subj "/CN=nobody" -keyout unknown.key -out unknown.csr
openssl x509 -req -in unknown.csr -signkey unknown.key -days 36500 -extfile server.ext \
    -out unknown.pem
rm root.key known.csr unknown.csr server.ext root.srl
