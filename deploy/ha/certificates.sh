#!/bin/sh
# The cluster's own authority, and a certificate for each machine that you name:
#   certificates.sh FOLDER one=192.0.2.11 two=192.0.2.12 three=192.0.2.13
# Made once, on a machine that is not of the cluster; called again later it renews the machines' certificates. Bring
# ca.crt, and NAME.crt and NAME.key as machine.crt and machine.key, to each machine. ca.key stays offline.
set -eu
umask 077
folder=$1
shift
mkdir -p "$folder"
cd "$folder"

new_key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
if [ ! -e ca.key ]; then
    openssl req -x509 $new_key -days 3650 -subj "/CN=labflow cluster" -keyout ca.key -out ca.crt 2> /dev/null
fi
for machine; do
    name=${machine%%=*}
    address=${machine#*=}
    openssl req $new_key -subj "/CN=$name" -addext "subjectAltName=IP:$address,IP:127.0.0.1,DNS:$name" \
        -keyout "$name.key" -out "$name.csr" 2> /dev/null
    openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 825 \
        -copy_extensions copy -out "$name.crt" 2> /dev/null
    rm "$name.csr"
done
chmod 644 ./*.crt
