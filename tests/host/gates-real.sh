#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
#
# Real packages through gates, in both modes: the verdict of each gate is the one
# of the same commands typed by hand, before and after one of their tests has been
# spoiled. Plain make, cmake and meson.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/mode-lib.sh"

packages=(nq jansson libslirp)

# write_gates PACKAGE: in the current directory
write_gates() {
  mkdir -p .apm2
  case $1 in
    nq)
      cat <<'END'
[gate build]
command=make -j2
timeout=5min

[gate check]
command=./tests >seen; cat seen; ! grep '^not ok' seen
needs=build
timeout=5min

[gate manual]
command=for page in *.1; do test -z "$(LC_ALL=C.UTF-8 man --warnings -l "$page" 2>&1 >/dev/null)" || exit 1; done
END
      ;;
    jansson)
      cat <<'END'
[gate configure]
command=cmake -S . -B build -DJANSSON_BUILD_DOCS=OFF

[gate build]
command=cmake --build build -j2
needs=configure

[gate check]
command=ctest --test-dir build --output-on-failure
needs=build

[gate tabs]
command=! grep -l "$(printf '\t')" src/*.c
allow-failure=true
END
      ;;
    libslirp)
      cat <<'END'
[gate configure]
command=meson setup build

[gate build]
command=ninja -C build
needs=configure

[gate check]
command=meson test -C build
needs=build
END
      ;;
  esac >.apm2/gates.conf
}

# spoil PACKAGE: makes one of its tests fail, as a wrong commit would
spoil() {
  case $1 in
    nq) sed -i '2i echo "not ok - planted"' tests ;;
    jansson) echo planted >test/suites/valid/simple-ascii-string/output ;;
    libslirp) sed -i "s/^test('ping', pingtest)/test('ping', pingtest, should_fail: true)/" meson.build ;;
  esac
}

# by_hand PACKAGE: the gates of the file in their order; "GATE STATUS" a line
by_hand() {
  local gate command
  while IFS= read -r line; do
    case $line in
      '[gate '*) gate=${line#\[gate } gate=${gate%]} ;;
      command=*)
        command=${line#command=}
        if /bin/sh -c "$command" >/dev/null 2>&1 </dev/null; then
          echo "$gate passed"
        else
          echo "$gate failed"
        fi
        ;;
    esac
  done <.apm2/gates.conf
}

# make_trees: for each package a repository PACKAGE, its spoilt
# twin PACKAGE-spoilt, and a copy of both for the hand, in the current directory
commit_all() {
  git init -q -b main .
  git add -A
  git -c user.name=Tester -c user.email=tester@localhost commit -q -m "$1"
}
make_trees() {
  local package
  for package in "${packages[@]}"; do
    cp -r "/given/$package" "$package"
    (cd "$package" && write_gates "$package")
    cp -r "$package" "$package-spoilt"
    (cd "$package-spoilt" && spoil "$package")
    cp -r "$package" "hand-$package"
    cp -r "$package-spoilt" "hand-$package-spoilt"
    (cd "$package" && commit_all 'As released')
    (cd "$package-spoilt" && commit_all 'Spoil a test')
  done
}
by_all_hands() {
  local tree
  for tree in "${packages[@]}"; do
    (cd "hand-$tree" && by_hand) >"$tree.hand"
    (cd "hand-$tree-spoilt" && by_hand) >"$tree-spoilt.hand"
  done
}

# The words of a receipt, a gate a line; what brought the source is no gate.
gates_of() {
  client fac receipts show "$1" --json |
    jq -r '.steps[] | select(.name != "fetch" and .name != "checkout") | "\(.name) \(.result)"' |
    sort
}
# in_tree DIR COMMAND...: as its owner
in_tree() {
  # shellcheck disable=SC2016
  "${run[@]}" sh -c 'cd "$1" && shift && exec "$@"' sh "$@"
}

check_tree() {
  local tree=$1 wanted=$2 job status=0 said
  said=$(in_tree "$home/$tree" apm2 "--$mode" fac gates 2>&1) || status=$?
  is "$tree: the exit status tells the verdict" "$status" "$wanted" || echo "# $said"
  job=$(client fac jobs --json | jq -r '.jobs[0].id')
  is "$tree: each gate ends as by hand" "$(gates_of "$job")" "$(sort "$hands/$tree.hand")"
}

check_mode() {
  local tree
  home=/home/alice/trees
  [ "$mode" = user ] || home=/root/trees
  for tree in "${packages[@]}"; do
    check_tree "$tree" 0
    ok "$tree: it is admitted" in_tree "$home/$tree" apm2 "--$mode" fac admitted
    check_tree "$tree-spoilt" 3
    nok "$tree-spoilt: it is not" in_tree "$home/$tree-spoilt" apm2 "--$mode" fac admitted
    is "$tree-spoilt: nothing else turned red" \
      "$(comm -3 <(sort "$hands/$tree.hand") <(sort "$hands/$tree-spoilt.hand") | awk '{print $1}' | sort -u)" \
      check
  done
}

hands=/home/alice/trees
functions=$(declare -f write_gates spoil by_hand make_trees by_all_hands commit_all)
as_alice bash -c "$functions"'
  packages=("$@")
  mkdir trees && cd trees && make_trees && by_all_hands' bash "${packages[@]}" ||
  bail "the trees cannot be made"
cp -r /home/alice/trees /root/trees
chown -R root:root /root/trees
is "by hand all gates pass, but for one that may fail" \
  "$(cd $hands && grep -h failed "${packages[@]/%/.hand}" | grep -v '^tabs ')" ""

as_alice apm2 daemon install --enable --start >/dev/null || bail "no services of alice"
apm2 --system daemon install --enable --start >/dev/null || bail "no services of the system"
in_both_modes check_mode
finish
