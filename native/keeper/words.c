/* Words and lines: see words.h. */
#include "words.h"

#include <string.h>

char *lines_room(struct LineReader *reader, size_t *size) {
  size_t left = reader->end - reader->start;
  if (left == 0) {
    reader->start = reader->end = 0;
  } else if (reader->end == LINE_MOST) {
    memmove(reader->bytes, reader->bytes + reader->start, left);
    reader->start = 0;
    reader->end = left;
  }
  *size = LINE_MOST - reader->end;
  return reader->bytes + reader->end;
}

void lines_add(struct LineReader *reader, size_t size) { reader->end += size; }

static enum LineFound next_unskipped(struct LineReader *reader, char **line, bool *again) {
  size_t left = reader->end - reader->start;
  char *begin = reader->bytes + reader->start;
  char *newline = left > 0 ? memchr(begin, '\n', left) : NULL;
  *again = false;
  if (newline != NULL) {
    reader->start += (size_t)(newline - begin) + 1;
    *again = reader->skipping;
    reader->skipping = false;
    /* No line of ours has a NUL: here it would hide what comes after it. */
    for (char *nul; (nul = memchr(begin, '\0', (size_t)(newline - begin))) != NULL;) *nul = '\1';
    *newline = '\0';
    *line = begin;
    return LINE_WHOLE;
  }
  if (!reader->skipping && left < LINE_MOST) return LINE_NONE;
  enum LineFound found = reader->skipping ? LINE_NONE : LINE_TOO_LONG;
  reader->skipping = true;
  reader->start = reader->end;
  return found;
}

enum LineFound lines_next(struct LineReader *reader, char **line) {
  bool again;
  enum LineFound found = next_unskipped(reader, line, &again);
  /* What ended there was too long, and has been told of. */
  return again ? next_unskipped(reader, line, &again) : found;
}

bool lines_partial(const struct LineReader *reader) {
  return reader->skipping || reader->end > reader->start;
}

static int hexadecimal(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

static bool is_plain(char byte) { return byte >= '!' && byte <= '~' && byte != '%'; }

/* A word is never longer decoded than encoded. */
static bool decode(char *word) {
  if (strcmp(word, "%") == 0) {
    *word = '\0';
    return true;
  }
  if (*word == '\0') return false;
  char *to = word;
  for (const char *from = word; *from != '\0'; from++) {
    if (is_plain(*from)) {
      *to++ = *from;
      continue;
    }
    int high = *from == '%' ? hexadecimal(from[1]) : -1;
    int low = high >= 0 ? hexadecimal(from[2]) : -1;
    if (low < 0 || (high == 0 && low == 0)) return false;
    *to++ = (char)(unsigned char)(high * 16 + low);
    from += 2;
  }
  *to = '\0';
  return true;
}

int words_split(char *line, char *words[], int most) {
  int count = 0;
  for (char *word = line; word != NULL; count++) {
    char *space = strchr(word, ' ');
    if (space != NULL) *space = '\0';
    if (count == most || !decode(word)) return -1;
    words[count] = word;
    word = space != NULL ? space + 1 : NULL;
  }
  return count;
}

bool words_number(const char *word, long long most, long long *value) {
  size_t digits = strlen(word);
  if (digits == 0 || digits > 18 || (digits > 1 && *word == '0')) return false;
  long long number = 0;
  for (; *word != '\0'; word++) {
    if (*word < '0' || *word > '9') return false;
    number = number * 10 + (*word - '0');
  }
  *value = number;
  return number <= most;
}

void words_begin_line(struct LineWriter *line, char *bytes, size_t room) {
  *line = (struct LineWriter){.bytes = bytes, .room = room < LINE_MOST ? room : LINE_MOST};
}

static void put(struct LineWriter *line, char byte) {
  if (line->size == line->room) {
    line->full = true;
  } else {
    line->bytes[line->size++] = byte;
  }
}

static void put_word(struct LineWriter *line, const char *word, const char *also) {
  static const char digits[] = "0123456789ABCDEF";
  if (*word == '\0') put(line, '%');
  for (; *word != '\0'; word++) {
    if (is_plain(*word) && strchr(also, *word) == NULL) {
      put(line, *word);
    } else {
      unsigned char byte = (unsigned char)*word;
      put(line, '%');
      put(line, digits[byte / 16]);
      put(line, digits[byte % 16]);
    }
  }
}

void words_add(struct LineWriter *line, const char *word) {
  if (line->size > 0) put(line, ' ');
  put_word(line, word, "");
}

void words_add_number(struct LineWriter *line, long long number) {
  char digits[24];
  char *at = digits + sizeof digits - 1;
  *at = '\0';
  unsigned long long left = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
  do *--at = (char)('0' + left % 10);
  while ((left /= 10) > 0);
  if (number < 0) *--at = '-';
  words_add(line, at);
}

bool words_end_line(struct LineWriter *line) {
  put(line, '\n');
  return !line->full;
}

size_t words_encode(const char *word, const char *also, char *to, size_t room) {
  struct LineWriter writer = {.bytes = to, .room = room};
  put_word(&writer, word, also);
  put(&writer, '\0');
  return writer.full ? 0 : writer.size - 1;
}
