/*
 * Words and lines of the protocols that keeper, logger and supervisor speak: ASCII words with one space
 * between them, a newline at the end. In a word every byte that is not `!` to `~`, and `%`, is `%XX`; the
 * empty word is `%`. Numbers, errnos and wait statuses too, are decimal. Nothing here allocates.
 */
#ifndef TDAEMON_WORDS_H
#define TDAEMON_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* The longest line, with its newline. */
enum { LINE_MOST = 16384 };

/* Bytes that have come, until they are whole lines. All zeros is an empty one. */
struct LineReader {
  size_t start;
  size_t end;
  bool skipping; /* the rest of a line that was too long */
  char bytes[LINE_MOST];
};

enum LineFound { LINE_NONE, LINE_WHOLE, LINE_TOO_LONG };

/* Where to read to, and how much (never 0, once lines_next has said LINE_NONE). Lines found before are gone.
 */
char *lines_room(struct LineReader *reader, size_t *size);
/* That so many bytes have come there. */
void lines_add(struct LineReader *reader, size_t size);
/*
 * The next line, without its newline, as a string, until the next lines_room. A line that is too long is told
 * once, and its bytes are forgotten up to its newline.
 */
enum LineFound lines_next(struct LineReader *reader, char **line);
/* Whether the beginning of a line has come. */
bool lines_partial(const struct LineReader *reader);

/*
 * Takes a line apart and decodes its words where they are. Returns how many there are, or -1 for what is no
 * line of words: a byte that ought to be encoded, `%` with no two hexadecimal digits, %00 (no word of ours
 * has one), two spaces, none before or after, more than most words.
 */
int words_split(char *line, char *words[], int most);

/* Whether the word is a decimal number of at most 18 digits, and no more than most. No sign, no leading
 * zeros. */
bool words_number(const char *word, long long most, long long *value);

/* A line that is being made. words_end_line says whether all of it had room; size counts its newline then. */
struct LineWriter {
  char *bytes;
  size_t room; /* lines are no longer than LINE_MOST, whatever this says */
  size_t size;
  bool full;
};

void words_begin_line(struct LineWriter *line, char *bytes, size_t room);
/* Encodes the word, with a space before all but the first. */
void words_add(struct LineWriter *line, const char *word);
void words_add_number(struct LineWriter *line, long long number);
bool words_end_line(struct LineWriter *line);

/* Encodes a word, also the bytes in also, into to[room], as a string. Returns its length, or 0: no room. */
size_t words_encode(const char *word, const char *also, char *to, size_t room);

#endif
