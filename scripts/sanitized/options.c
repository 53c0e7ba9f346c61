// What node loads in front of the sanitizers' runtimes (scripts/sanitized/run). Functions and not variables,
// because the daemon's environment is under test.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

// verify_asan_link_order: this library comes first, so that its functions are the ones found.
// detect_leaks: Node ends without freeing, and the check fails under strace. (Of ours valgrind tells.)
// disable_coredump: the limits are under test.
// quarantine, context: enough to see a use after free and whose it was, and a start takes half the time.
const char *__asan_default_options(void) {
  return "verify_asan_link_order=0:detect_leaks=0:disable_coredump=0:"
         "quarantine_size_mb=4:malloc_context_size=5";
}

const char *__ubsan_default_options(void) { return "print_stacktrace=1"; }

// Both call this with all that they print. Standard error may be a test's or the daemon's: it is noted here
// too.
void __sanitizer_on_print(const char *text) {
  int file = open(REPORTS "/all", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (file == -1) return;
  if (write(file, text, strlen(text)) == -1) _exit(99);
  close(file);
}

// Called before functions that do not return, to clean the thread's stack. The children have stacks of their
// own, of which the runtime knows nothing but how to complain.
void __asan_handle_no_return(void) {}
