/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-step-message.h"

int apm2_supervisor_run (const Apm2StepMessage *message,
                         int control_fd,
                         int event_fd);
