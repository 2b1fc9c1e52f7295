/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Names of lane slots and of the units in which they run.
 *
 * A slot is LANE-NUMBER; that of a worker with a name of its own has that name
 * before it, so that two workers never share one. A name that does not fit into
 * a unit's name in lower case is replaced by a digest of it.
 */

#include "apm2-lane-name.h"

#include <string.h>

#include "apm2-text.h"

#define UNIT_PREFIX     "apm2-lane@"
#define UNIT_PREFIX_NET "apm2-lane-net@"
#define UNIT_SUFFIX     ".service"
#define INSTANCE_MAX    16
#define DIGEST_LENGTH   12

/* Returns: "" for the worker without a name. */
static char *
get_prefix (const char *instance)
{
  g_autofree char *digest = NULL;

  if (instance == NULL || instance[0] == '\0'
      || g_str_equal (instance, "default"))
    return g_strdup ("");
  if (apm2_text_is_word (instance,
                         APM2_TEXT_LOWER,
                         APM2_TEXT_LOWER APM2_TEXT_DIGITS,
                         INSTANCE_MAX))
    return g_strconcat (instance, "-", NULL);
  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, instance, -1);
  return g_strdup_printf ("%.*s-", DIGEST_LENGTH, digest);
}

/**
 * apm2_lane_slot_name:
 * @instance: (nullable): name of a worker
 * @lane: name of a lane
 * @number: from 1
 *
 * Returns: (transfer full): the name of its slot
 */
char *
apm2_lane_slot_name (const char *instance, const char *lane, guint number)
{
  g_autofree char *prefix = get_prefix (instance);

  return g_strdup_printf ("%s%s-%u", prefix, lane, number);
}

/* Returns: where "LANE-NUMBER" begins; NULL if @slot is no slot. */
static const char *
find_lane (const char *slot, const char **ret_end)
{
  const char *end = strrchr (slot, '-');
  const char *begin = end;

  if (end == NULL || end == slot
      || strspn (end + 1, APM2_TEXT_DIGITS) != strlen (end + 1)
      || end[1] == '\0')
    return NULL;
  while (begin > slot && begin[-1] != '-')
    begin--;
  *ret_end = end;
  return begin < end ? begin : NULL;
}

/**
 * apm2_lane_slot_get_lane:
 * @slot: a name
 *
 * Returns: (transfer full) (nullable): the lane; %NULL if it is no slot's
 */
char *
apm2_lane_slot_get_lane (const char *slot)
{
  const char *end = NULL;
  const char *begin = find_lane (slot, &end);

  return begin != NULL ? g_strndup (begin, (gsize) (end - begin)) : NULL;
}

/**
 * apm2_lane_slot_is_of:
 * @slot: a name
 * @instance: (nullable): name of a worker
 *
 * Returns: %TRUE if @slot is a slot of that worker
 */
gboolean
apm2_lane_slot_is_of (const char *slot, const char *instance)
{
  g_autofree char *prefix = get_prefix (instance);
  const char *end = NULL;
  const char *begin = find_lane (slot, &end);

  return begin != NULL && strlen (prefix) == (gsize) (begin - slot)
         && g_str_has_prefix (slot, prefix);
}

/**
 * apm2_lane_unit_name:
 * @slot: a slot
 * @network: whether what runs in it may use the network
 *
 * Returns: (transfer full): its unit
 */
char *
apm2_lane_unit_name (const char *slot, gboolean network)
{
  return g_strconcat (
      network ? UNIT_PREFIX_NET : UNIT_PREFIX, slot, UNIT_SUFFIX, NULL);
}

/**
 * apm2_lane_unit_get_slot:
 * @unit: name of a unit
 * @ret_network: (out) (optional): whether it may use the network
 *
 * Returns: (transfer full) (nullable): its slot; %NULL if it is no lane's
 */
char *
apm2_lane_unit_get_slot (const char *unit, gboolean *ret_network)
{
  gboolean network = g_str_has_prefix (unit, UNIT_PREFIX_NET);
  const char *begin = unit;

  if (!network && !g_str_has_prefix (unit, UNIT_PREFIX))
    return NULL;
  if (!g_str_has_suffix (unit, UNIT_SUFFIX))
    return NULL;
  begin += network ? strlen (UNIT_PREFIX_NET) : strlen (UNIT_PREFIX);
  if (ret_network != NULL)
    *ret_network = network;
  return g_strndup (begin, strlen (begin) - strlen (UNIT_SUFFIX));
}
