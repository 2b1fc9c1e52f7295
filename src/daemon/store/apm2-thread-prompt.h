/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

void apm2_thread_be_prompt (void);
