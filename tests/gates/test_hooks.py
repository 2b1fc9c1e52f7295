#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hooks of git that ask for receipts, with real pushes."""

import os
import unittest

from gates_rig import FAILED, FAILURE, NOT_FOUND, USAGE, GatesTest, read_guide

GATES = "[gate words]\ncommand=test -s words.txt\n"
STRICT = GATES + "[gate short]\ncommand=test $(wc -l <words.txt) -lt 3\n"


class HookTest(GatesTest):
    def setUp(self):
        super().setUp()
        self.server = self.dir / "server.git"
        self.make_repository(GATES, words_txt="a\n")
        self.git("init", "-q", "--bare", str(self.server))
        self.git("remote", "add", "origin", str(self.server))
        self.git("push", "-q", "-u", "origin", "main")

    def push(self, *words, good, says=()):
        """Returns what git said; @good: whether the push goes through."""
        result = self.try_git("push", *(words or ("origin", "main")))
        self.assertEqual(result.returncode == 0, good, result.stderr)
        for part in says:
            self.assertIn(part, result.stderr)
        return result.stderr

    def is_pushed(self, ref="main"):
        there = self.try_git("rev-parse", ref, cwd=self.server)
        return there.returncode == 0 and there.stdout.strip() == self.git("rev-parse", "HEAD")


class PrePushTest(HookTest):
    @property
    def hook(self):
        return self.repo / ".git/hooks/pre-push"

    def install(self, *words, expected=0):
        return self.fac("hook", "install", "--pre-push", *words, expected=expected)

    def test_push(self):
        self.install()
        self.commit(words_txt="b\n")
        self.push(good=False, says=(
            "is not admitted", "fac gates --commit", "refs/heads/main is not pushed"))
        self.assertFalse(self.is_pushed())
        self.fac("gates")
        self.push(good=True)
        self.assertTrue(self.is_pushed())
        self.commit(words_txt="")
        self.fac("gates", expected=FAILED)
        self.push(good=False)
        self.push("--no-verify", "origin", "main", good=True)

    def test_several_refs(self):
        self.install()
        self.fac("gates")
        self.git("branch", "good")
        self.commit(words_txt="b\n")
        self.git("tag", "-a", "-m", "t", "bad")
        self.push("origin", "good", "bad", good=False, says=("refs/tags/bad is not pushed",))
        self.assertEqual(self.git("ls-remote", "origin", "good", "bad"), "")
        self.push("origin", "good", good=True)
        self.push("origin", ":good", good=True)
        self.push("origin", "good:refs/heads/a b", good=False)  # git's own no
        self.fac("gates", "--commit", "bad")
        self.push("origin", "bad", good=True)

    def test_gates_of_the_protected_branch(self):
        self.install("--gates-from", "origin/main")
        self.commit(gates="[gate easy]\ncommand=true\n", words_txt="")
        self.fac("gates")
        self.fac("admitted")
        self.push(good=False, says=("--gates-from origin/main",))

    def test_a_hook_that_is_there(self):
        other = "#!/bin/sh\ncat >>seen\necho \"$1\" >>seen\n[ ! -e veto ]\n"
        self.hook.parent.mkdir(exist_ok=True)
        self.hook.write_text(other, encoding="utf-8")
        self.hook.chmod(0o755)
        _, err = self.install(expected=FAILURE)
        self.assertIn("is there already and not of apm2", err)
        self.assertEqual(self.hook.read_text(encoding="utf-8"), other)
        self.install("--force")
        self.install("--force")
        self.fac("gates")
        self.push("origin", "main:one", good=True)
        seen = (self.repo / "seen").read_text(encoding="utf-8").splitlines()
        self.assertEqual([len(line.split()) for line in seen], [4, 1])
        (self.repo / "veto").touch()
        self.push("origin", "main:two", good=False)
        (self.repo / "veto").unlink()
        self.fac("hook", "uninstall")
        self.assertEqual(self.hook.read_text(encoding="utf-8"), other)
        self.assertTrue(os.access(self.hook, os.X_OK))
        self.assertFalse((self.hook.parent / "pre-push.before-apm2").exists())
        _, err = self.fac("hook", "uninstall", expected=NOT_FOUND)
        self.assertIn("is not a hook of apm2", err)

    def test_a_link_is_somebody_elses(self):
        self.hook.parent.mkdir(exist_ok=True)
        (self.repo / "mine").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        self.hook.symlink_to("../../mine")
        self.install(expected=FAILURE)
        self.install("--force")
        self.assertEqual((self.repo / "mine").read_text(encoding="utf-8"), "#!/bin/sh\nexit 0\n")
        self.fac("hook", "uninstall")
        self.assertTrue(self.hook.is_symlink())

    def test_shared_hooks_are_left_alone(self):
        self.git("config", "--global", "core.hooksPath", str(self.dir / "shared"))
        _, err = self.install(expected=FAILURE)
        self.assertIn("core.hooksPath", err)
        self.git("config", "--local", "core.hooksPath", ".git/hooks")
        self.install()
        self.assertTrue(self.hook.exists())

    def test_uninstall_and_usage(self):
        self.install()
        self.fac("hook", "uninstall")
        self.assertFalse(self.hook.exists())
        self.fac("hook", "install", expected=USAGE)

    def test_in_a_work_tree(self):
        self.install()
        self.git("worktree", "add", "-q", "../tree", "-b", "side")
        self.repo = self.dir / "tree"
        self.commit(words_txt="c\n")
        self.push("origin", "side", good=False, says=("is not admitted",))
        self.fac("gates")
        self.push("origin", "side", good=True)


class PreReceiveTest(HookTest):
    def setUp(self):
        super().setUp()
        hook = self.server / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(read_guide("hooks/pre-receive"), encoding="utf-8")
        hook.chmod(0o755)

    def test_push(self):
        self.commit(words_txt="b\n")
        self.push(good=False, says=("is not admitted", "--gates-from"))
        self.assertFalse(self.is_pushed())
        self.fac("gates", "--gates-from", "origin/main")
        self.push(good=True)
        self.assertTrue(self.is_pushed())
        # Other branches are everybody's.
        self.commit(words_txt="c\n")
        self.push("origin", "main:topic", good=True)
        self.push("origin", ":main", good=False, says=("main is not deleted",))

    def test_gates_of_the_branch_change(self):
        self.git("checkout", "-q", "-b", "work")
        self.commit(words_txt="1\n2\n3\n4\n")
        self.fac("gates", "--gates-from", "origin/main")
        # It would pass now. But somebody else makes the gates stricter first.
        self.git("checkout", "-q", "main")
        self.commit(gates=STRICT)
        self.fac("gates", "--gates-from", "origin/main")
        self.push(good=True)
        self.git("checkout", "-q", "work")
        self.git("rebase", "-q", "main")
        self.push("origin", "work:main", good=False, says=("is not admitted",))
        self.fac("gates", "--gates-from", "origin/main", expected=FAILED)
        self.push("origin", "work:main", good=False)
        self.commit(words_txt="1\n2\n")
        self.fac("gates", "--gates-from", "origin/main")
        self.push("origin", "work:main", good=True)

    def test_nobody_takes_a_gate_away(self):
        self.commit(gates="[gate easy]\ncommand=true\n", words_txt="")
        self.fac("gates")
        self.fac("admitted")
        self.push(good=False)
        self.fac("gates", "--gates-from", "origin/main", expected=FAILED)
        self.push(good=False)

    def test_commits_in_quarantine_are_seen_by_the_hook_alone(self):
        self.commit(words_txt="b\n")
        self.push(good=False, says=("is not admitted",))
        head = self.git("rev-parse", "HEAD")
        self.assertIn("there is no commit", self.fac(
            "admitted", head, cwd=self.server, expected=USAGE)[1])


if __name__ == "__main__":
    unittest.main()
