/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <sys/types.h>

size_t apm2_process_tree_signal (int signal_number);
size_t apm2_process_tree_kill (const pid_t *spared, size_t n_spared);
size_t apm2_process_tree_kill_hidden (const pid_t *spared, size_t n_spared);
