/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

G_BEGIN_DECLS

void bench_bus_check (int code, const char *what);
void bench_bus_check_reply (sd_bus_message *reply, const char *what);

sd_bus *bench_bus_open (const char *address);
sd_bus_message *bench_bus_call (sd_bus *bus,
                                const char *path,
                                const char *interface,
                                const char *member,
                                const char *types,
                                ...);
void bench_bus_turn (sd_bus *bus);

char *bench_spec (const char *lane);
void bench_submit_one (sd_bus *bus, const char *spec);
void bench_submit_async (sd_bus *bus, const char *spec);
void bench_submit_wait (sd_bus *bus);
double bench_submit_many (const char *address,
                          const char *spec,
                          guint n_clients,
                          guint n);

G_END_DECLS
