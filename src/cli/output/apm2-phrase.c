/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What broker and worker say, in the user's language.
 *
 * They speak English on the bus, in records and in logs, whoever listens. What
 * people meet most is known here by its words and said anew; lint sees to it
 * that the words are those of the sources. Whatever is not known, maybe as it
 * comes from a newer broker, stays as it is.
 */

#include "apm2-phrase.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-word.h"

/* A step may quote what it ran into, and that what the system says. */
#define DEPTH_MAX 3

typedef struct
{
  const char *text; /* with %s where something stands */
  /* What stands there, a letter each: - as it is, w a word of the bus, p a
   * phrase, c what the C library says. */
  const char *kinds;
} Phrase;

static const Phrase phrases[] = {
  /* TRANSLATORS: what broker and worker say. "%s '%s' %s" is made of the two
   * texts about Step and Gate and of one that follows, like "exited with status
   * 3"; say it so that it can stand behind a colon. */
  { N_ ("Step '%s' %s"), "-p" },
  { N_ ("Gate '%s' %s"), "-p" },
  { N_ ("exited with status %s"), "-" },
  { N_ ("died of signal %s (%s)"), "-c" },
  { N_ ("was ended: the time limit of %s s is over"), "-" },
  { N_ ("was ended: it wrote more than the %s bytes that its log may have"),
    "-" },
  { N_ ("was ended: its memory limit was reached"), "" },
  { N_ ("was ended: the job had more on the disk than it may; the end of the "
        "log has the numbers"),
    "" },
  { N_ ("was not begun: the job's %s s were over"), "-" },
  { N_ ("failed: %s"), "p" },
  { N_ ("has no commit %s"), "-" },
  { N_ ("has another tree at commit %s than the job says"), "-" },
  { N_ ("cannot enter directory '%s': %s"), "-c" },
  { N_ ("cannot run '%s': %s"), "-c" },
  { N_ ("cannot open the log: %s"), "c" },
  { N_ ("cannot start a process: %s"), "c" },
  { N_ ("the supervisor of the step was killed"), "" },
  { N_ ("its unit was stopped by somebody else"), "" },
  { N_ ("The workspace could not be made: %s"), "-" },
  { N_ ("cannot read a job: %s"), "p" },
  { N_ ("cannot list jobs: %s"), "p" },
  { N_ ("cannot accept a job: %s"), "p" },
  { N_ ("cannot cancel a job: %s"), "p" },
  { N_ ("cannot read a receipt: %s"), "p" },
  { N_ ("cannot list receipts: %s"), "p" },
  { N_ ("cannot pause or resume: %s"), "p" },
  { "after: %s", "p" }, /* a key of the job */
  { N_ ("The machine was started anew while the job was leased"), "" },
  { N_ ("%s attempts lost their worker; the job may be what ends them"), "-" },
  { N_ ("job %s, which it waits for, did not pass"), "-" },
  { N_ ("job %s has ended already as %s"), "-w" },
  { N_ ("job %s is %s, not pending"), "-w" },
  { N_ ("no job has the id %s"), "-" },
  { N_ ("the id belongs to job %s, which has another spec"), "-" },
  { N_ ("the idempotency key belongs to job %s, which has another spec"), "-" },
  { N_ ("the id %s belongs to a job that ended long ago"), "-" },
  { N_ ("no receipt has the digest or job id %s"), "-" },
  { N_ ("store %s: the disk is full; make room there and try again, 'apm2 fac "
        "doctor' shows how much is free"),
    "-" },
  { N_ ("store %s takes no writes since one did not reach the disk (%s); check "
        "the disk, then restart apm2-daemon"),
    "--" },
  { N_ ("there is no lane \"%s\" (configured: %s)"), "--" },
  { N_ ("There is no lane \"%s\""), "-" },
  { N_ ("%s %s is more than the whole budget of lane \"%s\", %s; ask for less, "
        "or give the lane more in apm2.conf(5)"),
    "----" },
  { N_ ("%s %s is more than the %s of lane \"%s\""), "----" },
  { N_ ("step \"%s\" asks for the network, which lane \"%s\" does not have; "
        "[lane %s] network=yes in apm2.conf gives it"),
    "---" },
  { N_ ("%s jobs are pending, as many as [queue] pending-jobs-max= allows"),
    "-" },
  { N_ ("%s jobs of user %s are pending, as many as [queue] "
        "pending-jobs-per-user-max= allows"),
    "--" },
  { N_ ("the specs of pending jobs would take more than the %s bytes of "
        "[queue] "
        "pending-bytes-max="),
    "-" },
  { N_ ("the specs of pending jobs of user %s would take more than the %s "
        "bytes "
        "of [queue] pending-bytes-per-user-max="),
    "--" },
  { N_ ("a job of kind \"attached\" is run by its caller: attach it with "
        "\"apm2 "
        "run\""),
    "" },
  { N_ ("a job of kind \"%s\" is run by a worker: submit it with \"apm2 fac "
        "submit\""),
    "-" },
  { N_ ("it runs within job %s, which does not hold \"%s\": to wait for it "
        "there could be for ever; name it with --exclusive where job %s is "
        "started"),
    "---" },
  { N_ ("Job %s is %s: only a job that has ended can be tried again"), "-w" },
  { N_ ("Job %s is a part of job %s: try that again"), "--" },
  { N_ ("Job %s has no log: it was run by its caller, to whom its output went"),
    "-" },
  { N_ ("Step %s of attempt %s of job %s has no log"), "---" },
  { N_ ("Job %s is %s, not quarantined; \"apm2 fac job retry\" tries any ended "
        "job again"),
    "-w" },
  { N_ ("Job %s is %s, not quarantined"), "-w" },
  { N_ ("No job %s is in quarantine"), "-" },
  { N_ ("An entry is called \"file:NAME\" or \"job:ID\""), "" },
  { N_ ("Housekeeping is at work already; wait for the property Running to "
        "become false"),
    "" },
  { N_ ("The queue was resumed before it was drained"), "" },
  { N_ ("The broker is stopping: ask again when it has been started anew"),
    "" },
  { N_ ("Cannot ask polkit for %s: %s; use the operator socket as root or a "
        "member of the group of the service"),
    "--" },
  { N_ ("Nobody authenticated for %s: the question was dismissed"), "-" },
  { N_ ("%s needs an administrator to authenticate; call as root or a member "
        "of "
        "the group of the service, or let a password be asked for"),
    "-" },
  { N_ ("polkit refuses %s; see “pkaction --verbose --action-id %s” and the "
        "rules of this machine"),
    "--" },
};

static char *say (const char *text, guint depth);

/* Whether @text is @phrase; leaves what stands in its places. */
static gboolean
match (const Phrase *phrase, const char *text, GPtrArray *places)
{
  g_auto (GStrv) pieces = g_strsplit (phrase->text, "%s", -1);
  const char *at = text;

  if (!g_str_has_prefix (at, pieces[0]))
    return FALSE;
  at += strlen (pieces[0]);
  for (guint i = 1; pieces[i] != NULL; i++)
    {
      const gboolean is_last = pieces[i + 1] == NULL;
      const gsize rest = strlen (at);
      const gsize length = strlen (pieces[i]);
      const char *end = is_last && rest >= length ? at + rest - length
                                                  : strstr (at, pieces[i]);

      if (end == NULL || end == at || !g_str_has_prefix (end, pieces[i]))
        return FALSE;
      g_ptr_array_add (places, g_strndup (at, (gsize) (end - at)));
      at = end + length;
    }
  return *at == '\0';
}

static char *
say_place (char kind, const char *text, guint depth)
{
  switch (kind)
    {
    case 'w':
      return g_strdup (apm2_word_get (text));
    case 'p':
      return say (text, depth + 1);
    case 'c':
      return g_strdup (g_dgettext ("libc", text));
    default:
      return g_strdup (text);
    }
}

/* Puts what stands in the places into @format, which may have them in another
 * order, as %2$s. */
static char *
fill (const char *format, const Phrase *phrase, GPtrArray *places, guint depth)
{
  GString *out = g_string_new (NULL);
  guint next = 0;

  for (const char *c = format; *c != '\0'; c++)
    {
      guint place = next;
      g_autofree char *said = NULL;

      if (c[0] == '%' && g_ascii_isdigit (c[1]) && c[2] == '$' && c[3] == 's')
        {
          place = (guint) (c[1] - '1');
          c += 3;
        }
      else if (c[0] == '%' && c[1] == 's')
        {
          next++;
          c++;
        }
      else
        {
          g_string_append_c (out, *c);
          continue;
        }
      if (place >= places->len)
        continue;
      said = say_place (
          phrase->kinds[place], g_ptr_array_index (places, place), depth);
      g_string_append (out, said);
    }
  return g_string_free (out, FALSE);
}

/* What was refused begins with the code of the reason. Returns: (nullable) */
static char *
say_with_code (const char *text, guint depth)
{
  const gsize length = strspn (text, "abcdefghijklmnopqrstuvwxyz_");
  g_autofree char *code = NULL;
  g_autofree char *rest = NULL;

  if (length == 0 || !g_str_has_prefix (text + length, ": "))
    return NULL;
  code = g_strndup (text, length);
  if (!apm2_word_is_known (code))
    return NULL;
  rest = say (text + length + 2, depth + 1);
  return g_strdup_printf ("%s: %s", apm2_word_get (code), rest);
}

static char *
say (const char *text, guint depth)
{
  char *said = NULL;

  if (depth > DEPTH_MAX)
    return g_strdup (text);
  said = say_with_code (text, depth);
  if (said != NULL)
    return said;
  for (gsize i = 0; i < G_N_ELEMENTS (phrases); i++)
    {
      g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (g_free);

      if (match (&phrases[i], text, places))
        return fill (_ (phrases[i].text), &phrases[i], places, depth);
    }
  return g_strdup (text);
}

/**
 * apm2_phrase_say:
 * @text: what broker or worker say, in English
 *
 * Returns: (transfer full): the same in the user's language, as far as it is
 *   known here
 */
char *
apm2_phrase_say (const char *text)
{
  return say (text, 0);
}

/**
 * apm2_phrase_take_error:
 * @error: (transfer full): an error with the words of the broker
 *
 * Returns: (transfer full): @error, in the user's language as far as it is
 * known
 */
GError *
apm2_phrase_take_error (GError *error)
{
  char *said = apm2_phrase_say (error->message);

  g_free (error->message);
  error->message = said;
  return error;
}
