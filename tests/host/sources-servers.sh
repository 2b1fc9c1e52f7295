# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Servers of git on the loopback of a test host: https with basic authentication and
# a certificate of an own CA, and ssh. Beside lib.sh.
#
#   https://git.test:8443/git/public.git   for everybody
#   https://git.test:8443/git/private.git  for x-access-token with the token
#   https://git.test:8443/late/private.git the same, after some seconds
#   https://git.test:8443/moved/secret.git redirects to private.git of other.test
#   ssh://git@git.test:2222/srv/ssh.git    for the key of make_key

tls=/srv/tls

# start_https TOKEN-FILE
start_https() {
  mkdir -p "$tls" /srv/www
  printf '127.0.0.1 git.test other.test\n' >>/etc/hosts
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=test authority' \
    -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -subj /CN=git.test -keyout "$tls/server.key" \
    -out "$tls/server.csr" 2>/dev/null
  printf 'subjectAltName=DNS:git.test,DNS:other.test\n' >"$tls/san"
  openssl x509 -req -days 2 -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" \
    -CAcreateserial -extfile "$tls/san" -out "$tls/server.crt" 2>/dev/null
  cat "$tls/server.key" "$tls/server.crt" >"$tls/server.pem"
  (umask 077 && { printf 'x-access-token:' && cat "$1"; } >"$tls/users")
  chmod 600 "$tls/server.pem"
  printf '#!/bin/sh\nsleep 4\nexec /usr/lib/git-core/git-http-backend\n' >/srv/www/late
  chmod +x /srv/www/late
  cat >"$tls/lighttpd.conf" <<'CONF'
server.modules = ("mod_openssl", "mod_auth", "mod_authn_file", "mod_setenv",
  "mod_redirect", "mod_alias", "mod_cgi", "mod_accesslog")
accesslog.filename = "/srv/tls/access.log"
accesslog.format = "%{Host}i %{Authorization}i %s"
server.document-root = "/srv/www"
server.bind = "127.0.0.1"
server.port = 8443
server.errorlog = "/srv/tls/error.log"
ssl.engine = "enable"
ssl.pemfile = "/srv/tls/server.pem"
auth.backend = "plain"
auth.backend.plain.userfile = "/srv/tls/users"
alias.url = ("/git/" => "/usr/lib/git-core/git-http-backend/",
  "/late/" => "/srv/www/late/")
$HTTP["url"] =~ "private" {
  auth.require = ("" => ("method" => "basic", "realm" => "git", "require" => "valid-user"))
}
$HTTP["url"] =~ "^/moved/" {
  url.redirect = ("^/moved/secret.git/(.*)" => "https://other.test:8443/git/private.git/$1")
}
$HTTP["url"] =~ "^/(git|late)/" {
  cgi.assign = ("" => "")
  setenv.add-environment = ("GIT_PROJECT_ROOT" => "/srv/git", "GIT_HTTP_EXPORT_ALL" => "1")
}
CONF
  systemd-run --quiet --unit https-server --property Type=exec \
    lighttpd -D -f "$tls/lighttpd.conf"
  wait_until 90 curl_to https://git.test:8443/
}
# Whatever it answers.
curl_to() { openssl s_client -connect 127.0.0.1:8443 -CAfile "$tls/ca.pem" </dev/null; }

start_ssh() {
  useradd --create-home --shell /bin/bash --password '*' git
  mkdir -p /run/sshd /srv/sshd
  ssh-keygen -q -t ed25519 -N '' -f /srv/sshd/host
  install -d -m 700 -o git -g git /home/git/.ssh
  cat >/srv/sshd/config <<'CONF'
Port 2222
ListenAddress 127.0.0.1
HostKey /srv/sshd/host
PidFile none
UsePAM no
PasswordAuthentication no
StrictModes no
CONF
  systemd-run --quiet --unit ssh-server --property Type=exec \
    "$(command -v sshd)" -D -e -f /srv/sshd/config
  wait_until 90 ssh-keyscan -p 2222 git.test
  printf '[git.test]:2222 %s\n' "$(cut -d' ' -f1,2 /srv/sshd/host.pub)" >/srv/sshd/known_hosts
}

# make_key FILE: a key that the server lets in
make_key() {
  ssh-keygen -q -t ed25519 -N '' -f "$1"
  cat "$1.pub" >>/home/git/.ssh/authorized_keys
  chown git: /home/git/.ssh/authorized_keys
}

# new_repository DIR OWNER: bare, with two commits; prints the second
new_repository() {
  local work
  work=$(mktemp -d)
  git init -q "$work"
  for word in one two; do
    echo "$word" >"$work/file"
    git -C "$work" add file
    git -C "$work" -c user.name=a -c user.email=a@b commit -q -m "$word"
  done
  git clone -q --bare "$work" "$1"
  chown -R "$2:" "$1"
  git -C "$work" rev-parse HEAD
  rm -rf "$work"
}

# add_large REPOSITORY: a commit with 3 MB that cannot be compressed; prints it
add_large() {
  local work
  work=$(mktemp -d)
  git clone -q "$1" "$work"
  head -c 3000000 /dev/urandom >"$work/large"
  git -C "$work" add large
  git -C "$work" -c user.name=a -c user.email=a@b commit -q -m large
  git -C "$work" push -q origin HEAD:refs/heads/large
  git -C "$work" rev-parse HEAD
  rm -rf "$work"
}

# new_hostile REPOSITORY: with two commits, filters, links out of the tree, submodules
# and odd names; prints the second
new_hostile() {
  local work
  work=$(mktemp -d)
  git init -q "$work"
  (
    cd "$work" || exit 1
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
    printf '* filter=evil\n*.bin filter=lfs -text\n' >.gitattributes
    printf '[filter "evil"]\n\tsmudge = touch /tmp/ran\n\trequired = true\n' >.lfsconfig
    printf '[submodule "s"]\n\tpath = s\n\turl = ext::touch /tmp/ran\n' >.gitmodules.txt
    ln -s /var/lib/apm2 out
    ln -s /etc/shadow shadow
    printf x >"$(printf 'new\nline\033[31m')"
    echo one >file
    git add -A
    git commit -q -m one
    echo two >file
    git add -A
    git update-index --add --cacheinfo "160000,$(git rev-parse HEAD),s"
    git commit -q -m two
  )
  git clone -q --bare "$work" "$1"
  git -C "$work" rev-parse HEAD
  rm -rf "$work"
}
