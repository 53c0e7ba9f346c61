// The parent's side of a pidfile that is already there: read it safely, and remove it if it is still the
// same. What it means (running, stale, foreign) is judged in src/daemon/pidfile.ts.
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "napi_result.h"
#include "os.h"
#include "spawn_child.h"
#include "trusted_directory.h"

namespace {

constexpr size_t kMostContent = 64;

struct OpenPidfile {
  Location location;
  UniqueFd file;
};

const napi_type_tag kTag = {0x7464616d6f6e0002, 0x70696466696c6501};

bool same_file(const struct stat &a, const struct stat &b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool is_lone_file(const struct stat &file) { return S_ISREG(file.st_mode) && file.st_nlink == 1; }

std::string content_of(int file) {
  char text[kMostContent + 1];
  ssize_t size = pread(file, text, sizeof text, 0);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string();
}

// Opening and closing our own live pidfile would drop the very lock that proves us alive: look through the
// descriptor that we have. (One that merely was inherited open names another process.)
bool is_our_own(const struct stat &wanted) {
  DIR *list = opendir("/dev/fd");
  if (!list) return false;
  bool own = false;
  while (dirent *entry = readdir(list)) {
    char *end;
    long number = strtol(entry->d_name, &end, 10);
    struct stat found;
    if (end == entry->d_name || *end || number < 3 || number == dirfd(list)) continue;
    int descriptor = static_cast<int>(number);
    if (fstat(descriptor, &found) == 0 && same_file(found, wanted))
      own = own || content_of(descriptor) == std::to_string(getpid()) + "\n";
  }
  closedir(list);
  return own;
}

Napi::Value lock_holder(Napi::Env env, int file) {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(file, F_GETLK, &lock) == -1 || lock.l_type == F_UNLCK) return env.Null();
  return Napi::Number::New(env, lock.l_pid);  // -1: a lock that belongs to a descriptor (fcntl(2), OFD)
}

Napi::Value refused(Napi::Env env, int error, const std::string &reason) {
  return failure(env, "pidfile", error, reason);
}

Napi::Value describe(Napi::Env env, OpenPidfile *pidfile, const struct stat &found, uid_t user) {
  Napi::Object result = Napi::Object::New(env);
  int file = pidfile->file.get();
  std::string content = content_of(file);
  pidfile->location.writers.note(found, user, "it", file);
  const Writers &writers = pidfile->location.writers;
  result.Set("ok", true);
  result.Set("content", Napi::Buffer<char>::Copy(env, content.data(), content.size()));
  result.Set("size", Napi::Number::New(env, static_cast<double>(found.st_size)));
  result.Set("uid", Napi::Number::New(env, found.st_uid));
  result.Set("modified", Napi::Number::New(env, os_modified(&found)));
  result.Set("lockHolder", lock_holder(env, file));
  if (!writers.others.empty()) result.Set("othersCanWrite", writers.others);
  char identity[128];
  ssize_t size = os_get_identity(file, identity, sizeof identity);
  if (size >= 0) result.Set("identity", Napi::String::New(env, identity, static_cast<size_t>(size)));
  auto handle =
      Napi::External<OpenPidfile>::New(env, pidfile, [](Napi::Env, OpenPidfile *owned) { delete owned; });
  handle.TypeTag(&kTag);
  result.Set("handle", handle);
  return result;
}

int reopen(const Location &at, int peeked, const struct stat &expected) {
  int file = os_reopen_read_only(peeked);
  if (file != -1 || errno != ENOENT) return file;
  // /proc is not mounted.
  UniqueFd named(
      openat(at.directory.get(), at.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat found;
  if (named && fstat(named.get(), &found) == 0 && same_file(found, expected)) return named.release();
  errno = ENOENT;
  return -1;
}

// openPidfile(path, uid of the daemon's user)
Napi::Value open_pidfile(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  if (!info[0].IsString() || !info[1].IsNumber())
    return type_error(env, "openPidfile: takes a path and a uid");
  uid_t user = info[1].As<Napi::Number>().Uint32Value();
  auto pidfile = std::make_unique<OpenPidfile>();
  pidfile->location = locate(info[0].As<Napi::String>().Utf8Value(), user, false);
  const Location &at = pidfile->location;
  if (at.error) return refused(env, at.error, at.problem);
  struct stat found;
  // Before anything opens it: where there is no O_PATH, looking is opening.
  if (fstatat(at.directory.get(), at.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && is_lone_file(found) &&
      is_our_own(found)) {
    Napi::Object own = Napi::Object::New(env);
    own.Set("ok", true);
    own.Set("own", true);
    return own;
  }
  UniqueFd peeked(os_peek(at.directory.get(), at.name.c_str()));
  if (!peeked || fstat(peeked.get(), &found) == -1) return refused(env, errno, "");
  if (S_ISLNK(found.st_mode)) return refused(env, ELOOP, "it is a symbolic link");
  if (!S_ISREG(found.st_mode)) return refused(env, EINVAL, "it is not a regular file");
  if (found.st_nlink == 0) return refused(env, ENOENT, "");
  if (found.st_nlink > 1) return refused(env, EMLINK, "it has more than one hard link");
  pidfile->file = UniqueFd(reopen(at, peeked.get(), found));
  if (!pidfile->file) return refused(env, errno, "");
  return describe(env, pidfile.release(), found, user);
}

OpenPidfile *unwrap(const Napi::CallbackInfo &info) {
  if (!info[0].IsExternal() || !info[0].As<Napi::External<OpenPidfile>>().CheckTypeTag(&kTag)) {
    type_error(info.Env(), "pidfile: not a handle of a pidfile");
    return nullptr;
  }
  return info[0].As<Napi::External<OpenPidfile>>().Data();
}

// removePidfile(handle, content): remove it if it is the same file with the same content.
// true: removed. false: it changed, or another process is at it; look again. A number: errno.
Napi::Value remove_pidfile(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  OpenPidfile *pidfile = unwrap(info);
  if (!pidfile || !info[1].IsBuffer()) return env.Undefined();
  auto expected = info[1].As<Napi::Buffer<char>>();
  int directory = pidfile->location.directory.get();
  const char *name = pidfile->location.name.c_str();
  UniqueFd file(openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file)
    return errno == ENOENT ? Napi::Value(Napi::Boolean::New(env, false)) : Napi::Number::New(env, errno);
  struct stat judged, opened, named;
  bool same = os_try_lock(file.get(), F_WRLCK) == 0 && fstat(pidfile->file.get(), &judged) == 0 &&
              fstat(file.get(), &opened) == 0 && fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
              same_file(judged, opened) && same_file(opened, named) &&
              content_of(file.get()) == std::string(expected.Data(), expected.Length());
  if (!same) return Napi::Boolean::New(env, false);
  if (unlinkat(directory, name, 0) == -1) return Napi::Number::New(env, errno);
  return Napi::Boolean::New(env, true);
}

// Whoever takes a stale file over holds a write lock: this keeps them away, and is not itself kept away by
// the lock of the process that the file names.
bool is_still(const OpenPidfile &judged, int file, const std::string &content) {
  struct stat before, opened, named;
  return os_try_lock(file, F_RDLCK) == 0 && fstat(judged.file.get(), &before) == 0 &&
         fstat(file, &opened) == 0 &&
         fstatat(judged.location.directory.get(), judged.location.name.c_str(), &named,
                 AT_SYMLINK_NOFOLLOW) == 0 &&
         same_file(before, opened) && same_file(opened, named) && content_of(file) == content;
}

// replacePidfile(handle, content, pid, boot id, start time): another process is meant from now on. At no time
// is the file absent or partial. true: done. false: it is not the same file any more. A number: errno.
Napi::Value replace_pidfile(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  OpenPidfile *pidfile = unwrap(info);
  if (!pidfile || !info[1].IsBuffer() || !info[2].IsNumber() || !info[3].IsString() || !info[4].IsNumber())
    return env.IsExceptionPending() ? env.Undefined() : type_error(env, "replacePidfile: wrong arguments");
  auto content = info[1].As<Napi::Buffer<char>>();
  int directory = pidfile->location.directory.get();
  const char *name = pidfile->location.name.c_str();
  std::string temporary = unguessable_name();
  UniqueFd old(openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!old || !is_still(*pidfile, old.get(), std::string(content.Data(), content.Length())))
    return Napi::Boolean::New(env, false);
  UniqueFd fresh(
      openat(directory, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  std::string boot_id = info[3].As<Napi::String>().Utf8Value();
  auto start_time = static_cast<uint64_t>(info[4].As<Napi::Number>().Int64Value());
  bool done =
      fresh &&
      fill_pidfile(fresh.get(), info[2].As<Napi::Number>().Int32Value(), boot_id.c_str(), start_time) &&
      renameat(directory, temporary.c_str(), directory, name) == 0;
  if (done) return Napi::Boolean::New(env, true);
  int error = errno;
  if (fresh) unlinkat(directory, temporary.c_str(), 0);
  return Napi::Number::New(env, error);
}

Napi::Value close_pidfile(const Napi::CallbackInfo &info) {
  if (OpenPidfile *pidfile = unwrap(info)) {
    pidfile->file.reset();
    pidfile->location.directory.reset();
  }
  return info.Env().Undefined();
}

}  // namespace

void export_pidfile(Napi::Env env, Napi::Object exports) {
  exports.Set("openPidfile", Napi::Function::New(env, open_pidfile));
  exports.Set("removePidfile", Napi::Function::New(env, remove_pidfile));
  exports.Set("replacePidfile", Napi::Function::New(env, replace_pidfile));
  exports.Set("closePidfile", Napi::Function::New(env, close_pidfile));
}
