// The user and group databases (nsswitch.conf(5)), as getpwnam(3) and its kin see them.
#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include <vector>

#include "account_lock.h"
#include "napi_result.h"
#include "os.h"

namespace {

Napi::Value user_entry(Napi::Env env, const passwd *entry) {
  if (!entry) return errno ? Napi::Value(Napi::Number::New(env, errno)) : env.Null();
  Napi::Object user = Napi::Object::New(env);
  user.Set("name", entry->pw_name);
  user.Set("uid", Napi::Number::New(env, entry->pw_uid));
  user.Set("gid", Napi::Number::New(env, entry->pw_gid));
  user.Set("home", entry->pw_dir);
  user.Set("shell", entry->pw_shell);
  return user;
}

Napi::Value group_entry(Napi::Env env, const group *entry) {
  if (!entry) return errno ? Napi::Value(Napi::Number::New(env, errno)) : env.Null();
  Napi::Object found = Napi::Object::New(env);
  found.Set("name", entry->gr_name);
  found.Set("gid", Napi::Number::New(env, entry->gr_gid));
  return found;
}

// Not found is reported as any of these (getpwnam(3), NOTES).
void forgive_not_found() {
  if (errno == ENOENT || errno == ESRCH || errno == EBADF || errno == EPERM) errno = 0;
}

Napi::Value find_user(const Napi::CallbackInfo &info) {
  if (!info[0].IsString() && !info[0].IsNumber()) return type_error(info.Env(), "user: not a name or number");
  std::lock_guard<std::mutex> turn(account_lock());
  errno = 0;
  const passwd *entry = info[0].IsString() ? getpwnam(info[0].As<Napi::String>().Utf8Value().c_str())
                                           : getpwuid(info[0].As<Napi::Number>().Uint32Value());
  if (!entry) forgive_not_found();
  return user_entry(info.Env(), entry);
}

Napi::Value find_group(const Napi::CallbackInfo &info) {
  if (!info[0].IsString() && !info[0].IsNumber())
    return type_error(info.Env(), "group: not a name or number");
  std::lock_guard<std::mutex> turn(account_lock());
  errno = 0;
  const group *entry = info[0].IsString() ? getgrnam(info[0].As<Napi::String>().Utf8Value().c_str())
                                          : getgrgid(info[0].As<Napi::Number>().Uint32Value());
  if (!entry) forgive_not_found();
  return group_entry(info.Env(), entry);
}

// getgrouplist(3): the groups of initgroups(3), gid among them.
Napi::Value groups_of(const Napi::CallbackInfo &info) {
  if (!info[0].IsString() || !info[1].IsNumber())
    return type_error(info.Env(), "groupsOf: takes a name and a gid");
  std::string name = info[0].As<Napi::String>().Utf8Value();
  gid_t gid = info[1].As<Napi::Number>().Uint32Value();
  std::lock_guard<std::mutex> turn(account_lock());
  int count = 64;
  std::vector<gid_t> groups(static_cast<size_t>(count));
  while (!os_group_list(name.c_str(), gid, groups.data(), &count)) {
    size_t wanted = static_cast<size_t>(count);
    groups.resize(wanted > groups.size() ? wanted : groups.size() * 2);
    count = static_cast<int>(groups.size());
  }
  Napi::Array result = Napi::Array::New(info.Env(), static_cast<size_t>(count));
  for (int i = 0; i < count; i++)
    result.Set(static_cast<uint32_t>(i), Napi::Number::New(info.Env(), groups[static_cast<size_t>(i)]));
  return result;
}

}  // namespace

void export_accounts(Napi::Env env, Napi::Object exports) {
  exports.Set("findUser", Napi::Function::New(env, find_user));
  exports.Set("findGroup", Napi::Function::New(env, find_group));
  exports.Set("groupsOf", Napi::Function::New(env, groups_of));
}
