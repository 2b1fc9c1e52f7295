/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

int apm2_attached_run (int control_fd, bool detach_survivors, char **argv);
