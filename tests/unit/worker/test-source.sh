#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# apm2-source: what comes into a mirror and out of it, what is refused, and that
# nothing which a repository says runs anything.
#
# Usage: test-source.sh APM2-SOURCE
set -uo pipefail
source=$1
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
cd "$top" || exit 1
export HOME=$top GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b \
  GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b LC_ALL=C.UTF-8
count=0
failures=0

is() {
  count=$((count + 1))
  if [ "$2" = "$3" ]; then
    echo "ok $count - $1"
  else
    failures=$((failures + 1))
    echo "not ok $count - $1"
    printf '# seen:   %s\n# wanted: %s\n' "$2" "$3"
    sed 's/^/#   /' said
  fi
}

# source_is SENTENCE STATUS ARGUMENT...
source_is() {
  local status=0
  "$source" "${@:3}" >said 2>&1 || status=$?
  is "$1" "$status" "$2"
}

# checked_out MIRROR COMMIT: into a new 'work'; the exit status is in $status
checked_out() {
  status=0
  rm -rf work
  mkdir work
  (cd work && "$source" checkout repository=x "commit=$2" "mirror=$1") >said 2>&1 || status=$?
}

commit_all() {
  git -C "$1" add -A
  git -C "$1" commit -q --allow-empty -m "$2"
  git -C "$1" rev-parse HEAD
}

# raw_commit REPOSITORY TREE: a commit that git itself would not make
raw_commit() {
  local id
  id=$(printf 'tree %s\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nraw\n' "$2" |
    git -C "$1" hash-object -w -t commit --stdin)
  git -C "$1" update-ref refs/heads/raw "$id"
  echo "$id"
}

newest_pack() { find "$1/objects/pack" -name '*.pack' -printf '%s %p\n' | sort -n | tail -n 1 | cut -d' ' -f2; }

# --- there and back ---

git init -q repo
echo one >repo/file
commit=$(commit_all repo one)
tree=$(git -C repo rev-parse 'HEAD^{tree}')
mirror=$top/mirror.git
args=("repository=$top/repo" "commit=$commit" "tree=$tree" "mirror=$mirror")
source_is "a commit comes into a new mirror" 0 fetch "${args[@]}"
touch -d '2001-01-01' mirror.git/apm2-used
source_is "and is found there again" 0 fetch "${args[@]}"
is "which marks the mirror as used" "$(find mirror.git/apm2-used -mmin -10)" mirror.git/apm2-used
is "the commit has a name there" "$(git -C mirror.git for-each-ref --format='%(refname)')" \
  "refs/apm2/commit/$commit"
checked_out "$mirror" "$commit"
is "it comes out of it" "$(cat work/file)" one
is "and copies nothing" "$(find work/.git/objects -type f ! -name alternates | wc -l)" 0
mkdir straight
(cd straight && "$source" straight "repository=$top/repo" "commit=$commit" "tree=$tree") >said 2>&1
is "it comes without a mirror, too" "$(cat straight/file)" one
source_is "from a URL" 0 fetch "repository=file://$top/repo" "commit=$commit" "mirror=$top/url.git"
git init -q --object-format=sha256 repo256
echo one >repo256/file
commit256=$(commit_all repo256 one)
source_is "with SHA-256" 0 fetch "repository=$top/repo256" "commit=$commit256" "mirror=$top/m256.git"
checked_out "$top/m256.git" "$commit256"
is "out of the mirror, too" "$(cat work/file)" one
git -C repo commit -q --allow-empty -m two
git clone -q --depth 1 "file://$top/repo" shallow
shallow=$(git -C shallow rev-parse HEAD)
source_is "from a shallow repository" 0 fetch "repository=$top/shallow" "commit=$shallow" \
  "mirror=$top/shallow.git"
checked_out "$top/shallow.git" "$shallow"
is "whose history ends where it does" "$(git -C work log --oneline | wc -l)" 1

# --- what is refused, and how that is told apart ---

other=$(printf '%040d' 7)
source_is "a commit that is not there" 66 fetch "repository=$top/repo" "commit=$other" "mirror=$mirror"
source_is "a commit with another tree" 67 fetch "repository=$top/repo" "commit=$commit" "tree=$other" \
  "mirror=$mirror"
source_is "no repository" 75 fetch "repository=$top/none" "commit=$other" "mirror=$top/no.git"
source_is "no repository with the name of another trouble" 75 fetch \
  "repository=$top/SSL certificate" "commit=$other" "mirror=$top/no.git"
source_is "a remote, where only this machine may be asked" 65 fetch "repository=https://host.invalid/x" \
  "commit=$commit" "mirror=$top/remote.git"
source_is "a program in place of a repository" 65 fetch "repository=ext::touch $top/ran" \
  "commit=$commit" "mirror=$top/ext.git"
is "which does not run" "$(ls ran 2>&1)" "ls: cannot access 'ran': No such file or directory"
exec 9>mirror.git.lock
flock 9
source_is "no answer in time" 77 fetch "${args[@]}" timeout=0.2
exec 9>&-
head -c 3000000 /dev/urandom >repo/large
large=$(commit_all repo large)
source_is "more than there is room for" 76 fetch "repository=$top/repo" "commit=$large" \
  "mirror=$mirror" size=1000000
is "of which nothing stays" "$(find mirror.git -size +500k)" ""
source_is "after which the next commit comes" 0 fetch "${args[@]}" size=1000000
head -c 700000 /dev/urandom >repo/large
git -C repo reset -q --soft HEAD~1
half=$(commit_all repo half)
source_is "a mirror that would become too large" 0 fetch "repository=$top/repo" "commit=$half" \
  "mirror=$mirror" size=1000000
head -c 700000 /dev/urandom >repo/large
git -C repo reset -q --soft HEAD~1
next=$(commit_all repo next)
source_is "is made anew with what is asked for" 0 fetch "repository=$top/repo" "commit=$next" \
  "mirror=$mirror" size=1000000
is "and forgets the rest" "$(git -C mirror.git for-each-ref | wc -l)" 1

# --- damage ---

: >"$mirror/HEAD"
source_is "a mirror without a head is made anew" 0 fetch "${args[@]}"
chmod u+w "$(newest_pack "$mirror")"
: >"$(newest_pack "$mirror")"
source_is "so is one with an empty pack" 0 fetch "${args[@]}"
touch "$mirror/shallow.lock" "$mirror/objects/pack/tmp_pack_x" "$mirror/refs/apm2/x.lock"
source_is "what a killed fetch left is no harm" 0 fetch "repository=$top/repo" "commit=$next" \
  "mirror=$mirror"
is "and goes" "$(find "$mirror" -name '*.lock' -o -name 'tmp_*')" ""
pack=$(newest_pack "$mirror")
chmod u+w "$pack"
dd if=/dev/zero of="$pack" bs=1 seek=300000 count=1000 conv=notrunc 2>/dev/null
checked_out "$mirror" "$next"
is "a checkout tells of damage to a file" "$status" 79
source_is "thrown away, the mirror is made anew" 0 fetch "repository=$top/repo" "commit=$next" \
  "mirror=$mirror" fresh=yes
checked_out "$mirror" "$next"
is "and whole" "$(stat -c %s work/large)" 700000

# --- a mirror that was written to by somebody else ---

printf '[core]\n\tfsmonitor = touch %s/ran\n[uploadpack]\n\tpackObjectsHook = touch %s/ran\n' "$top" "$top" \
  >"$mirror/config"
mkdir "$mirror/hooks"
printf '#!/bin/sh\ntouch %s/ran\n' "$top" | tee "$mirror/hooks/reference-transaction" >"$mirror/hooks/post-index-change"
chmod +x "$mirror/hooks/"*
echo "$top/elsewhere" >"$mirror/commondir"
echo again >repo/file
again=$(commit_all repo again)
source_is "a mirror with hooks and a configuration takes a commit" 0 fetch "repository=$top/repo" \
  "commit=$again" "mirror=$mirror"
checked_out "$mirror" "$again"
is "and gives it" "$(cat work/file)" again
is "and nothing of them runs" "$([ -e ran ] && echo ran)" ""

# --- a repository with bad intentions ---

git init -q hostile
git -C hostile config core.safecrlf false
cd hostile || exit 1
printf '* filter=evil diff=evil merge=evil text=auto eol=crlf ident\n*.bin filter=lfs diff=lfs merge=lfs -text\n' >.gitattributes
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 1\n' 1 >a.bin
printf '[filter "evil"]\n\tsmudge = touch %s/ran\n\tclean = touch %s/ran\n\trequired = true\n' "$top" "$top" >.gitconfig
cp .gitconfig .lfsconfig
printf '[submodule "s"]\n\tpath = s\n\turl = %s\n\tupdate = checkout\n' "$top/repo" >.gitmodules
ln -s /etc outside
ln -s .git/config link
printf x >"$(printf 'new\nline')"
printf x >"$(printf 'esc\033[31m')"
printf x >-rf
printf x >'$(touch ran)'
mkdir -p .github/hooks
git add -A
git update-index --add --cacheinfo "160000,$commit,s"
git commit -q -m hostile
hostile=$(git rev-parse HEAD)
cd ..
source_is "a hostile repository comes into a mirror" 0 fetch "repository=$top/hostile" \
  "commit=$hostile" "mirror=$top/hostile.git"
checked_out "$top/hostile.git" "$hostile"
is "and out of it" "$(git -C work rev-parse HEAD)" "$hostile"
is "no filter, no hook and no submodule of it runs anything" "$([ -e ran ] && echo ran)" ""
is "a large file is the pointer that it is" "$(head -n 1 work/a.bin)" \
  "version https://git-lfs.github.com/spec/v1"
is "a submodule stays empty" "$(find work/s)" work/s
is "names are kept as they are" \
  "$(find work -mindepth 1 -maxdepth 1 \( -name '*[[:cntrl:]]*' -o -name -rf -o -name '$(touch ran)' \) \
    -printf . | wc -c)" 4
is "no other configuration comes in" "$(git -C work config --local --get-regexp 'filter|submodule|include')" ""

printf '[submodule "s"]\n\tpath = s\n\turl = %s\n\tupdate = !touch %s/ran\n' "$top/repo" "$top" \
  >hostile/.gitmodules
source_is "a submodule that would run a program is refused" 78 fetch "repository=$top/hostile" \
  "commit=$(commit_all hostile submodule)" "mirror=$top/submodule.git"
blob=$(git -C hostile hash-object -w --stdin <<<boom)
n=0
for name in .git .GIT git~1 ..; do
  n=$((n + 1))
  inner=$(printf '100644 blob %s\tconfig\n' "$blob" | git -C hostile mktree)
  # Not by mktree, which refuses some of them.
  bad=$(python3 -c 'import sys; sys.stdout.buffer.write(b"40000 " + sys.argv[1].encode() + b"\0" + bytes.fromhex(sys.argv[2]))' \
    "$name" "$inner" | git -C hostile hash-object -w --literally -t tree --stdin)
  source_is "a tree with $name is refused" 78 fetch "repository=$top/hostile" \
    "commit=$(raw_commit hostile "$bad")" "mirror=$top/bad$n.git"
done
link=$(printf '%s' ../../../etc | git -C hostile hash-object -w --stdin)
bad=$(printf '120000 blob %s\t.gitmodules\n' "$link" | git -C hostile mktree)
source_is "a symbolic link as .gitmodules is refused" 78 fetch "repository=$top/hostile" \
  "commit=$(raw_commit hostile "$bad")" "mirror=$top/modules.git"
# A name twice, as a link and as a directory: files would go where the link leads.
bad=$(python3 -c 'import sys
link, tree = (bytes.fromhex(x) for x in sys.argv[1:])
sys.stdout.buffer.write(b"120000 a\0" + link + b"40000 a\0" + tree)' "$link" "$inner" |
  git -C hostile hash-object -w --literally -t tree --stdin)
source_is "a name that is both a link and a directory is refused" 78 fetch "repository=$top/hostile" \
  "commit=$(raw_commit hostile "$bad")" "mirror=$top/twice.git"

# --- commits that were handed over ---

# bundle_of REPOSITORY COMMIT: all of it, as a caller would hand it over
bundle_of() {
  printf '# v%d git bundle\n%s%s refs/apm2/commit\n\n' "${3-2}" "${4-}" "$2"
  git -C "$1" pack-objects --quiet --stdout --revs --delta-base-offset <<<"$2"
}
bundle_of repo "$again" >again.bundle
source_is "a commit comes out of a bundle" 0 fetch repository=/elsewhere "from=$top/again.bundle" \
  "commit=$again" "tree=$(git -C repo rev-parse "$again^{tree}")" "mirror=$top/handed.git"
checked_out "$top/handed.git" "$again"
is "with its history" "$(git -C work rev-list --count HEAD)" "$(git -C repo rev-list --count "$again")"
mkdir handed
(cd handed && "$source" straight repository=/elsewhere "from=$top/again.bundle" "commit=$again") >said 2>&1
is "without a mirror, too" "$(cat handed/file)" again
bundle_of repo256 "$commit256" 3 $'@object-format=sha256\n' >256.bundle
source_is "and with SHA-256" 0 fetch repository=/elsewhere "from=$top/256.bundle" \
  "commit=$commit256" "mirror=$top/handed256.git"
source_is "a bundle of something else is refused" 66 fetch repository=/elsewhere \
  "from=$top/again.bundle" "commit=$half" "mirror=$top/handed.git"
head -c 300000 again.bundle >cut.bundle
source_is "one that was cut off is, too" 66 fetch repository=/elsewhere "from=$top/cut.bundle" \
  "commit=$again" "mirror=$top/cut.git"
source_is "one that is too large is" 76 fetch repository=/elsewhere "from=$top/again.bundle" \
  "commit=$again" "mirror=$top/small.git" size=100000
bundle_of hostile "$(git -C hostile rev-parse raw)" >hostile.bundle
source_is "one with objects that are not safe is" 78 fetch repository=/elsewhere \
  "from=$top/hostile.bundle" "commit=$(git -C hostile rev-parse raw)" "mirror=$top/unsafe.git"
source_is "a commit that is in the mirror needs no bundle" 0 fetch repository=/elsewhere \
  "from=$top/none.bundle" "commit=$again" "mirror=$top/handed.git"

# --- caches ---

rm -rf slot
mkdir -p slot/work
cached() {
  (cd slot/work && rm -rf ./* ./.git && "$source" checkout repository=x "commit=$again" \
    "mirror=$mirror" "$@") >said 2>&1 || echo failed
}
cached cache=out/deep cache=file cache=other
is "caches are asked for where there are none yet" "$(find slot/work -name out)" ""
is "and are on the list" "$(cut -d' ' -f2- slot/cache/list | xargs)" "out/deep file other"
is "but for what the checkout has" "$(cat slot/work/file)" again
for directory in out/deep file; do
  id=$(printf %s "$directory" | sha256sum)
  mkdir "slot/cache/${id%% *}"
  echo "$directory" >"slot/cache/${id%% *}/kept"
done
cached cache=out/deep cache=file
is "a cache comes back" "$(cat slot/work/out/deep/kept)" out/deep
is "but not in place of a file" "$(cat slot/work/file)" again
is "nothing stands twice on the list" "$(sort slot/cache/list | uniq -d)" ""
ln -s "$top" repo/link
linked=$(commit_all repo linked)
"$source" fetch "repository=$top/repo" "commit=$linked" "mirror=$mirror" >said 2>&1
id=$(printf %s link/cache | sha256sum)
mkdir "slot/cache/${id%% *}"
again=$linked cached cache=link/cache
is "none goes where a link leads" "$(ls -d cache slot/cache/"${id%% *}" 2>/dev/null)" "slot/cache/${id%% *}"

echo "1..$count"
[ "$failures" -eq 0 ]
