/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The MESSAGE_ID of each event that somebody may act on. They never change
 * their meaning. data/systemd/apm2.catalog has a text for each, which
 * 'journalctl -x' shows; a test compares the two. */

/* The broker. */
#define APM2_MSG_BROKER_READY      "c93002881211450bb5e19e263a7fcc98"
#define APM2_MSG_BROKER_STOPPING   "e3f263ed214a4102bbaa2ac29bde596f"
#define APM2_MSG_WORKER_REGISTERED "c01e2c165bad41e48c899e33b5fd2ea5"
#define APM2_MSG_WORKER_LOST       "d013343bab6f449dabb225d82d6ac50b"
#define APM2_MSG_STORE_FAILED      "554aea13b58745df9cbfdc992847d661"
#define APM2_MSG_STORE_RECOVERED   "df99d19f41d24ce29ebdd041eaa271eb"
#define APM2_MSG_HEALTH_CHANGED    "58026ff60892486faf165583746774d4"
#define APM2_MSG_NAME_LOST         "c87ad5cc750741158ce0314ddc79b54c"
#define APM2_MSG_COLLECTED         "1c19afb8c47e4ce094905ec10b349ce7"

/* The worker. */
#define APM2_MSG_WORKER_READY        "5727a36dcfc74ca1aea7160d3d58bf38"
#define APM2_MSG_WORKER_STOPPING     "9448725ae6384e2ebf94a8dca9cc6b7d"
#define APM2_MSG_BROKER_LOST         "7df6b70645164ecc91448728dac01b26"
#define APM2_MSG_HEARTBEAT_FAILING   "26695efe44c245638f36c41657a32d75"
#define APM2_MSG_HEARTBEAT_RECOVERED "fb71f7b6e0974feb93a4f0784995ecf4"

/* Both. */
#define APM2_MSG_START_FAILED      "7942a0986dc8400f9e6aa4a8ea850cae"
#define APM2_MSG_CONFIG_RELOADED   "005ef4b6a8fd46e092fa76d2b2f4e00d"
#define APM2_MSG_CONFIG_REFUSED    "b380bc567f71432a9d1f5249d5a85cac"
#define APM2_MSG_CREDENTIAL_STATE  "48aac9b68fba4d459ecc0631c8274c79"
#define APM2_MSG_WATCHDOG_WITHHELD "e29fca96bdc14c718d885e19dc56b403"

/* Jobs; accepted and started are debug messages, for there are thousands. */
#define APM2_MSG_JOB_ACCEPTED    "cf471b17d8a34866b9e09f5a40d5f9f3"
#define APM2_MSG_JOB_STARTED     "22430d60e4dc42b3b8c61dd9002b92af"
#define APM2_MSG_JOB_PASSED      "4f07c65d01ae4a0dab936cf27c566f1b"
#define APM2_MSG_JOB_FAILED      "420ce4c5ce954c988df441778e7c2ee3"
#define APM2_MSG_JOB_DENIED      "abbfdd8cc12d4350bf7fede968160387"
#define APM2_MSG_JOB_QUARANTINED "59ff5c30a5a94dcfa7a2d340b46b6989"
#define APM2_MSG_JOB_CANCELLED   "1f6d009c12704e9b896f3082cf2662af"
#define APM2_MSG_ATTEMPT_LOST    "9fbdf6d77181444880705d2a4f7c160e"
