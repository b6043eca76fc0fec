#!/bin/sh
# Makes the certificates of the tests anew: a root, a server for the name "localhost" only, and a
# client.
set -eu
cd "$(dirname "$0")"
key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
openssl req -x509 $key -days 36500 -subj "/CN=selfup test root" -keyout root.key -out root.pem
printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' > server.ext
printf 'extendedKeyUsage=clientAuth\nbasicConstraints=CA:FALSE\n' > client.ext
for who in server client; do
    openssl req $key -subj "/CN=selfup test $who" -keyout $who.key -out $who.csr
    openssl x509 -req -in $who.csr -CA root.pem -CAkey root.key -CAcreateserial -days 36500 \
        -extfile $who.ext -out $who.pem
    rm $who.csr $who.ext
done
rm -f root.key root.srl
