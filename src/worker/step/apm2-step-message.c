/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The message that carries one step from the worker to apm2-step.
 *
 * Every text has its length before it and a NUL after it, numbers are little
 * endian, nothing is left to quoting. The reader believes nothing: what does
 * not decode to the last byte is refused as a whole, and equal messages have
 * equal bytes. Used on both sides and free of GLib, since apm2-step is.
 */

#include "apm2-step-message.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char magic[8] = { 'a', 'p', 'm', '2', 's', 't', 'p', '2' };

/* Counts all that is written and keeps what fits, as snprintf() does. */
typedef struct
{
  unsigned char *data;
  size_t room;
  size_t used;
} Writer;

static void
put (Writer *writer, const void *data, size_t length)
{
  if (writer->used <= writer->room && length <= writer->room - writer->used)
    memcpy (writer->data + writer->used, data, length);
  writer->used += length;
}

static void
put_u32 (Writer *writer, size_t value)
{
  uint32_t wire = htole32 ((uint32_t) value);

  put (writer, &wire, sizeof wire);
}

static void
put_u64 (Writer *writer, uint64_t value)
{
  uint64_t wire = htole64 (value);

  put (writer, &wire, sizeof wire);
}

static void
put_text (Writer *writer, const char *text)
{
  size_t length = strlen (text);

  put_u32 (writer, length);
  put (writer, text, length + 1);
}

static size_t
put_list (Writer *writer, char **list)
{
  size_t count = 0;

  while (list[count] != NULL)
    count++;
  put_u32 (writer, count);
  for (size_t i = 0; i < count; i++)
    put_text (writer, list[i]);
  return count;
}

/**
 * apm2_step_message_encode:
 * @self: a step
 * @data: (nullable): where to write
 * @room: bytes at @data; less than needed writes nothing useful
 *
 * Returns: bytes needed for head and body; 0 if @self is beyond the bounds of a
 *   message
 */
size_t
apm2_step_message_encode (const Apm2StepMessage *self,
                          unsigned char *data,
                          size_t room)
{
  Writer writer = { data, room, APM2_STEP_MESSAGE_HEAD };
  size_t argc = put_list (&writer, self->argv);
  size_t envc = put_list (&writer, self->env);
  size_t size = 0;

  put_text (&writer, self->directory);
  put_text (&writer, self->log_file);
  put_text (&writer, self->progress_fifo);
  put_text (&writer, self->workspace != NULL ? self->workspace : "");
  put_u64 (&writer, self->timeout_usec);
  put_u64 (&writer, self->kill_grace_usec);
  put_u64 (&writer, self->log_bytes_max);
  put_u64 (&writer, self->memory_max_bytes);
  put_u64 (&writer, self->tasks_max);
  put_u64 (&writer, self->workspace_bytes_max);
  put_u64 (&writer, self->disk_bytes_left);

  size = writer.used;
  if (size > APM2_STEP_MESSAGE_HEAD + APM2_STEP_MESSAGE_MAX || argc == 0
      || argc > APM2_STEP_MESSAGE_ARGV || envc > APM2_STEP_MESSAGE_ENV)
    return 0;
  writer.used = 0;
  put (&writer, magic, sizeof magic);
  put_u32 (&writer, size - APM2_STEP_MESSAGE_HEAD);
  return size;
}

/**
 * apm2_step_message_get_body_size:
 * @head: the first bytes of a message
 * @ret_size: (out): bytes of the body that follows
 *
 * Returns: 0, or -EBADMSG
 */
int
apm2_step_message_get_body_size (
    const unsigned char head[APM2_STEP_MESSAGE_HEAD],
    size_t *ret_size)
{
  uint32_t wire = 0;

  memcpy (&wire, head + sizeof magic, sizeof wire);
  *ret_size = le32toh (wire);
  if (memcmp (head, magic, sizeof magic) != 0
      || *ret_size > APM2_STEP_MESSAGE_MAX)
    return -EBADMSG;
  return 0;
}

typedef struct
{
  unsigned char *data;
  size_t left;
} Reader;

static int
take (Reader *reader, void *ret_value, size_t length)
{
  if (reader->left < length)
    return -EBADMSG;
  memcpy (ret_value, reader->data, length);
  reader->data += length;
  reader->left -= length;
  return 0;
}

static int
take_u64 (Reader *reader, uint64_t *ret_value)
{
  uint64_t wire = 0;
  int r = take (reader, &wire, sizeof wire);

  *ret_value = le64toh (wire);
  return r;
}

static int
take_u32 (Reader *reader, uint32_t *ret_value)
{
  uint32_t wire = 0;
  int r = take (reader, &wire, sizeof wire);

  *ret_value = le32toh (wire);
  return r;
}

/* The text stays where it is in the message. */
static int
take_text (Reader *reader, char **ret_text)
{
  uint32_t length = 0;

  if (take_u32 (reader, &length) < 0 || reader->left <= length
      || memchr (reader->data, '\0', (size_t) length + 1)
             != reader->data + length)
    return -EBADMSG;
  *ret_text = (char *) reader->data;
  reader->data += (size_t) length + 1;
  reader->left -= (size_t) length + 1;
  return 0;
}

static int
take_path (Reader *reader, const char **ret_path)
{
  char *text = NULL;
  int r = take_text (reader, &text);

  *ret_path = text;
  return r;
}

static int
take_list (Reader *reader, size_t min, size_t max, char ***ret_list)
{
  uint32_t count = 0;

  if (take_u32 (reader, &count) < 0 || count < min || count > max)
    return -EBADMSG;
  *ret_list = calloc ((size_t) count + 1, sizeof (char *));
  if (*ret_list == NULL)
    return -ENOMEM;
  for (uint32_t i = 0; i < count; i++)
    {
      if (take_text (reader, &(*ret_list)[i]) < 0)
        return -EBADMSG;
    }
  return 0;
}

static int
take_all (Reader *reader, Apm2StepMessage *self)
{
  int r = take_list (reader, 1, APM2_STEP_MESSAGE_ARGV, &self->argv);

  if (r == 0)
    r = take_list (reader, 0, APM2_STEP_MESSAGE_ENV, &self->env);
  if (r < 0)
    return r;
  if (take_path (reader, &self->directory) < 0
      || take_path (reader, &self->log_file) < 0
      || take_path (reader, &self->progress_fifo) < 0
      || take_path (reader, &self->workspace) < 0
      || take_u64 (reader, &self->timeout_usec) < 0
      || take_u64 (reader, &self->kill_grace_usec) < 0
      || take_u64 (reader, &self->log_bytes_max) < 0
      || take_u64 (reader, &self->memory_max_bytes) < 0
      || take_u64 (reader, &self->tasks_max) < 0
      || take_u64 (reader, &self->workspace_bytes_max) < 0
      || take_u64 (reader, &self->disk_bytes_left) < 0 || reader->left > 0)
    return -EBADMSG;
  return 0;
}

/**
 * apm2_step_message_decode:
 * @self: (out caller-allocates): set in full, or all zero
 * @body: the bytes after the head; @self points into them
 * @length: how many
 *
 * Returns: 0, -EBADMSG or -ENOMEM
 */
int
apm2_step_message_decode (Apm2StepMessage *self,
                          unsigned char *body,
                          size_t length)
{
  Reader reader = { body, length };
  int r = 0;

  memset (self, 0, sizeof *self);
  r = take_all (&reader, self);
  if (r < 0)
    apm2_step_message_clear (self);
  return r;
}

/**
 * apm2_step_message_clear:
 * @self: what apm2_step_message_decode() set
 *
 * Frees the lists and makes @self all zero.
 */
void
apm2_step_message_clear (Apm2StepMessage *self)
{
  free (self->argv);
  free (self->env);
  memset (self, 0, sizeof *self);
}
