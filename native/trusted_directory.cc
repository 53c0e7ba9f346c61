#include "trusted_directory.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/types.h>
#include <unistd.h>

#include <deque>
#include <vector>

#include "account_lock.h"
#include "os.h"

namespace {

constexpr int kMostLinks = 40;  // as path_resolution(7)

// The first member of a group who is neither root nor user; empty: none.
std::string other_member(gid_t gid, uid_t user) {
  std::lock_guard<std::mutex> turn(account_lock());
  if (group *entry = getgrgid(gid)) {
    std::vector<std::string> names;
    for (char **name = entry->gr_mem; *name; name++) names.emplace_back(*name);
    for (const std::string &name : names) {
      passwd *member = getpwnam(name.c_str());
      if (member && member->pw_uid != 0 && member->pw_uid != user) return name;
    }
  }
  std::string found;
  setpwent();
  while (passwd *entry = getpwent()) {
    if (entry->pw_gid != gid || entry->pw_uid == 0 || entry->pw_uid == user) continue;
    found = entry->pw_name;
    break;
  }
  endpwent();
  return found;
}

class Walk {
 public:
  Walk(const std::string &path, uid_t user, bool follow_name)
      : user_(user), follow_name_(follow_name), names_directory_(path.back() == '/') {
    push_front(path);
  }

  Location run() {
    if (names_directory_) return failed(EISDIR);
    if (!restart()) return failed(errno);
    while (!ahead_.empty()) {
      std::string part = std::move(ahead_.front());
      ahead_.pop_front();
      bool last = ahead_.empty();
      int error = last ? finish(part) : descend(part);
      if (error) return failed(error);
      if (last && ahead_.empty()) break;
    }
    if (found_.name.empty()) return failed(EISDIR);
    return std::move(found_);
  }

 private:
  void push_front(const std::string &path) {
    std::vector<std::string> parts;
    for (size_t at = 0; at < path.size();) {
      size_t end = path.find('/', at);
      if (end == std::string::npos) end = path.size();
      if (end > at && path.compare(at, end - at, ".") != 0) parts.push_back(path.substr(at, end - at));
      at = end + 1;
    }
    ahead_.insert(ahead_.begin(), parts.begin(), parts.end());
  }

  bool restart() {
    found_.directory = UniqueFd(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    here_ = "";
    return note_here();
  }

  bool note_here() {
    struct stat now;
    if (!found_.directory || fstat(found_.directory.get(), &now) == -1) return false;
    found_.writers.note(now, user_, here_.empty() ? "/" : here_, found_.directory.get());
    return true;
  }

  int descend(const std::string &part) {
    int directory = found_.directory.get();
    UniqueFd next(openat(directory, part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (next) {
      found_.directory = std::move(next);
      here_ += "/" + part;
      return note_here() ? 0 : errno;
    }
    int error = errno;
    return error == ELOOP || error == ENOTDIR ? follow(part, error) : error;
  }

  int finish(const std::string &part) {
    struct stat found;
    bool link = follow_name_ && part != ".." &&
                fstatat(found_.directory.get(), part.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                S_ISLNK(found.st_mode);
    // A link that somebody else may have put there is left for open(2) to refuse.
    if (link && found.st_uid == 0 && !found_.writers.daemon_user && found_.writers.others.empty())
      return follow(part, ELOOP);
    if (part == "..") return EISDIR;
    found_.name = part;
    return 0;
  }

  int follow(const std::string &part, int error) {
    int directory = found_.directory.get();
    struct stat link;
    if (fstatat(directory, part.c_str(), &link, AT_SYMLINK_NOFOLLOW) == -1) return errno;
    if (!S_ISLNK(link.st_mode)) return error;
    if (link.st_uid != 0) {
      found_.problem =
          "the symbolic link '" + here_ + "/" + part + "' belongs to uid " + std::to_string(link.st_uid);
      return EPERM;
    }
    if (found_.writers.daemon_user || !found_.writers.others.empty()) {
      // Root's own, but another can have moved it here.
      found_.problem =
          "the symbolic link '" + here_ + "/" + part + "' is in a directory that others can change";
      return EPERM;
    }
    if (++links_ > kMostLinks) return ELOOP;
    char target[PATH_MAX];
    ssize_t size = readlinkat(directory, part.c_str(), target, sizeof target);
    if (size == -1) return errno;
    push_front(std::string(target, static_cast<size_t>(size)));
    return target[0] != '/' || restart() ? 0 : errno;
  }

  Location failed(int error) {
    found_.error = error;
    return std::move(found_);
  }

  uid_t user_;
  bool follow_name_;
  bool names_directory_;
  std::deque<std::string> ahead_;
  std::string here_;
  Location found_;
  int links_ = 0;
};

Location locate_plainly(const std::string &path) {
  Location found;
  size_t slash = path.rfind('/');
  std::string directory = slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
  found.name = path.substr(slash + 1);
  found.directory = UniqueFd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
#ifdef O_PATH
  // A directory that may be entered but not listed serves as well.
  if (!found.directory && errno == EACCES)
    found.directory = UniqueFd(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
#endif
  if (!found.directory) found.error = errno;
  if (!found.error && (found.name.empty() || found.name == "." || found.name == "..")) found.error = EISDIR;
  return found;
}

}  // namespace

void Writers::note(const struct stat &found, uid_t user, const std::string &path, int descriptor) {
  auto count = [&](uid_t uid, const std::string &reason) {
    if (uid == 0) return;
    if (uid == user)
      daemon_user = true;
    else if (others.empty())
      others = "'" + path + "' " + reason;
  };
  count(found.st_uid, "belongs to uid " + std::to_string(found.st_uid));
  // In a sticky directory only owners can rename and remove.
  if (S_ISDIR(found.st_mode) && (found.st_mode & S_ISVTX)) return;
  if (found.st_mode & S_IWOTH) {
    daemon_user = true;
    if (others.empty()) others = "'" + path + "' is writable by everybody";
  }
  if (!(found.st_mode & S_IWGRP)) return;
  daemon_user = true;  // perhaps: which only makes the opening more careful
  if (!others.empty()) return;
  if (os_has_access_list(descriptor)) {
    others = "'" + path + "' is writable by an access control list";
    return;
  }
  std::string member = other_member(found.st_gid, user);
  if (!member.empty())
    others = "'" + path + "' is writable by group " + std::to_string(found.st_gid) + " (" + member + ")";
}

Location locate(const std::string &path, uid_t user, bool follow_name) {
  Location found = geteuid() == 0 ? Walk(path, user, follow_name).run() : locate_plainly(path);
  if (!found.error && !found.directory.move_above(2)) found.error = errno;
  return found;
}

std::string unguessable_name() {
  unsigned char random[8];
  if (getentropy(random, sizeof random) == -1) return ".tdaemon." + std::to_string(getpid());
  std::string name = ".tdaemon.";
  for (unsigned char byte : random) {
    char digits[3];
    (void)snprintf(digits, sizeof digits, "%02x", byte);
    name += digits;
  }
  return name;
}
