# Sourced by bench.sh where a host is to be reached as one that is far away: full backups through TLS, or through ssh. The
# peers get what they need for the same way; virtnbdbackup has none of its own that is encrypted and needs no port 22, so it
# stands there as it is at its best, on the host itself and in the clear.

# Certificates as libvirt's documentation has them made, all by one CA of an hour's life.
make_certificates() {
    local name extensions
    pki=$work/pki
    mkdir "$pki"
    openssl req -x509 -newkey rsa:3072 -nodes -days 1 -subj /CN=bench-CA -keyout "$pki/ca-key.pem" -out "$pki/ca-cert.pem" \
        2> "$log" || die "no CA: $(cat "$log")"
    for name in server client; do
        extensions="extendedKeyUsage=${name}Auth"
        [ "$name" = client ] || extensions+=$'\nsubjectAltName=IP:127.0.0.1,DNS:localhost'
        openssl req -newkey rsa:3072 -nodes -subj "/CN=$name" -keyout "$pki/$name-key.pem" -out "$work/$name.csr" 2> "$log" \
            && openssl x509 -req -in "$work/$name.csr" -CA "$pki/ca-cert.pem" -CAkey "$pki/ca-key.pem" -CAcreateserial -days 1 \
                -extfile <(echo "$extensions") -out "$pki/$name-cert.pem" 2> "$log" || die "no certificate: $(cat "$log")"
        ln -s "$name-cert.pem" "$pki/${name}cert.pem" # libvirt's own name for it, beside QEMU's
        ln -s "$name-key.pem" "$pki/${name}key.pem"
    done
    ln -s ca-cert.pem "$pki/cacert.pem"
}

# One below those that the kernel hands out by itself; all of ours differ.
free_port() {
    while :; do
        port=$((20000 + RANDOM % 12000))
        ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || continue
        break
    done
}

prepare_tls() {
    local tls_port
    make_certificates
    free_port
    tls_port=$port
    free_port
    nbd_port=$port
    start_libvirtd --libvirtd-conf "listen_tls = 1" --libvirtd-conf "tls_port = \"$tls_port\"" \
        --libvirtd-conf "ca_file = \"$pki/ca-cert.pem\"" --libvirtd-conf "cert_file = \"$pki/server-cert.pem\"" \
        --libvirtd-conf "key_file = \"$pki/server-key.pem\"" --qemu-conf "backup_tls_x509_cert_dir = \"$pki\""
    far="qemu+tls://127.0.0.1:$tls_port/system?pkipath=$pki"
    server="<server transport='tcp' tls='yes' name='127.0.0.1' port='$nbd_port'/>"
    export="nbds://127.0.0.1:$nbd_port/vda?tls-certificates=$pki"
}

prepare_ssh() {
    local sshd=$work/sshd
    start_libvirtd
    free_port
    mkdir "$sshd"
    ssh-keygen -q -t ed25519 -N "" -f "$sshd/host"
    ssh-keygen -q -t ed25519 -N "" -f "$sshd/identity"
    cp "$sshd/identity.pub" "$sshd/authorized_keys"
    echo "[127.0.0.1]:$port $(cat "$sshd/host.pub")" > "$sshd/known_hosts"
    cat > "$sshd/sshd_config" << END
Port $port
ListenAddress 127.0.0.1
HostKey $sshd/host
AuthorizedKeysFile $sshd/authorized_keys
PermitRootLogin yes
StrictModes no
UsePAM no
UseDNS no
PidFile none
END
    coproc SSHD { exec bash "${launcher%libvirtd}sshd" "$directory" "$sshd/sshd_config" 2> "$work/sshd.stderr"; }
    read -r ready <&"${SSHD[0]}" || die "no private sshd: $(cat "$work/sshd.stderr")"
    far="qemu+ssh://root@127.0.0.1:$port/system?keyfile=$sshd/identity&known_hosts=$sshd/known_hosts"
    server="<server transport='unix' socket='$folder/export.sock'/>"
    export="nbd+unix:///vda?socket=$work/forwarded.sock"
    ssh_options=(-p "$port" -i "$sshd/identity" -o "UserKnownHostsFile=$sshd/known_hosts" -o IdentitiesOnly=yes -F none)
}

# ssh forwards while nbdcopy copies; its start is measured too, as it is part of Virtwire's.
copy_through_ssh() {
    echo 'ssh "${@:2}" -N -L "$work/forwarded.sock:$folder/export.sock" root@127.0.0.1 & forwarder=$!
        until [ -S "$work/forwarded.sock" ]; do sleep 0.01; done
        nbdcopy "$export" "$1"; status=$?
        kill $forwarder; rm -f "$work/forwarded.sock"; exit $status' > "$work/copy.sh"
    copies "$1" env work="$work" folder="$folder" export="$export" bash "$work/copy.sh" "$2" "${ssh_options[@]}"
}

one_remote_round() {
    quietly virsh -q -c "$unix" backup-begin "$guest" "$work/backup.xml"
    if [ "$TRANSPORT" = tls ]; then
        copies "$reference" nbdcopy "$export" "$folder/out/vda.raw"
    else
        copy_through_ssh "$reference" "$folder/out/vda.raw"
    fi
    end_job
    backs_up "virtnbdbackup, locally and in the clear" virtnbdbackup -U "$local" -d "$guest" -l full -n -S "$folder" \
        -f "$folder/peer.sock" -o "$folder/out/backup"
    backs_up "$vw" ./virtwire -c "$far" backup "$guest" "$folder/out/repository" --scratch "$folder"
    if [ "$round" -eq 1 ]; then
        quietly as_root qemu-img compare -U -f qcow2 -F qcow2 "$folder/disk.qcow2" \
            "$(as_root find "$folder/out/repository" -name '*.qcow2')"
    fi
}
