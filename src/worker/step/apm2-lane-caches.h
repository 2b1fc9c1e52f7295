/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* In the workspace. Beside the caches it has a file that names them. */
#define APM2_LANE_CACHES      "cache"
#define APM2_LANE_CACHES_LIST "list"
/* Of that file. */
#define APM2_LANE_CACHES_LINES   64
#define APM2_LANE_CACHES_BYTES   (128 * 1024)
#define APM2_LANE_CACHES_ID_SIZE 64

int apm2_lane_caches_put_aside (int workspace);
