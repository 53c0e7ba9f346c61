#include "marshal.h"

#include <fcntl.h>

#include <algorithm>
#include <cmath>

#include "napi_result.h"

namespace {

// Reads fields of one object. After the first error it does nothing more, so that calls can simply follow.
class Reader {
 public:
  Reader(Napi::Object object, std::string where, MarshalledPlan *to)
      : object_(object), where_(std::move(where)), to_(to) {}

  Napi::Env env() const { return object_.Env(); }
  bool pending() const { return env().IsExceptionPending(); }
  bool wrong(const std::string &field, const std::string &expected) const {
    if (!pending()) type_error(env(), where_ + field + ": " + expected);
    return false;
  }

  bool has(const char *field) const {
    if (pending()) return false;
    Napi::Value value = object_.Get(field);
    return !pending() && !value.IsUndefined() && !value.IsNull();
  }

  double integer(const char *field, double least, double most) const {
    if (pending()) return least;
    Napi::Value value = object_.Get(field);
    double number = !pending() && value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
    if (!(number >= least && number <= most) || number != std::floor(number)) {
      wrong(field, "not an integer in its range");
      return least;
    }
    return number;
  }

  bool boolean(const char *field) const {
    if (!has(field)) return false;
    Napi::Value value = object_.Get(field);
    if (!value.IsBoolean()) return wrong(field, "not a boolean");
    return value.As<Napi::Boolean>().Value();
  }

  const char *bytes(const char *field) const {
    if (pending()) return nullptr;
    return bytes_of(object_.Get(field), field);
  }

  Napi::Object object(const char *field) const {
    Napi::Value value = pending() ? env().Undefined() : object_.Get(field);
    if (pending() || !value.IsObject()) {
      wrong(field, "not an object");
      return Napi::Object::New(env());
    }
    return value.As<Napi::Object>();
  }

  // Calls visit(value, its name) for each element of an array.
  template <typename Visit>
  size_t each(const char *field, Visit visit) const {
    Napi::Value value = pending() ? env().Undefined() : object_.Get(field);
    if (pending() || !value.IsArray()) {
      wrong(field, "not an array");
      return 0;
    }
    Napi::Array array = value.As<Napi::Array>();
    uint32_t length = array.Length();
    for (uint32_t i = 0; i < length && !pending(); i++)
      visit(array.Get(i), std::string(field) + "[" + std::to_string(i) + "]");
    return length;
  }

  const char *bytes_of(const Napi::Value &value, const std::string &name) const {
    if (pending()) return nullptr;
    std::string text;
    if (value.IsString()) {
      text = value.As<Napi::String>().Utf8Value();
    } else if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array) {
      auto array = value.As<Napi::Uint8Array>();
      text.assign(reinterpret_cast<const char *>(array.Data()), array.ElementLength());
    } else {
      wrong(name, "neither a string nor bytes");
      return nullptr;
    }
    if (text.find('\0') != std::string::npos) {
      wrong(name, "contains a NUL byte");
      return nullptr;
    }
    to_->strings.push_back(std::move(text));
    return to_->strings.back().c_str();
  }

  const char *const *byte_list(const char *field, std::vector<const char *> *list) const {
    each(field,
         [&](const Napi::Value &value, const std::string &name) { list->push_back(bytes_of(value, name)); });
    list->push_back(nullptr);
    return list->data();
  }

  Reader inside(const Napi::Object &object, const std::string &name) const {
    return Reader(object, where_ + name + ".", to_);
  }

 private:
  Napi::Object object_;
  std::string where_;
  MarshalledPlan *to_;
};

constexpr double kInt = 2147483647.0;
constexpr double kId = 4294967294.0;  // (uid_t)-1 means "unchanged" to the kernel

void read_scheduling(const Reader &from, SpawnPlan *plan) {
  if ((plan->set_nice = from.has("nice"))) plan->nice = static_cast<int>(from.integer("nice", -20, 19));
  if ((plan->set_ionice = from.has("ionice")))
    plan->ionice = static_cast<int>(from.integer("ionice", 0, 65535));
  if ((plan->set_oom_score_adj = from.has("oomScoreAdj")))
    plan->oom_score_adj = static_cast<int>(from.integer("oomScoreAdj", -1000, 1000));
  if ((plan->set_sched = from.has("sched"))) {
    Reader sched = from.inside(from.object("sched"), "sched");
    plan->sched_policy = static_cast<int>(sched.integer("policy", 0, kInt));
    plan->sched_priority = static_cast<int>(sched.integer("priority", 0, 99));
  }
}

void read_target(const Reader &from, const char *field, FileTarget *target) {
  if (!from.has(field)) return;
  target->path = from.bytes(field);
  if (target->path && target->path[0] != '/') from.wrong(field, "not an absolute path");
  target->directory = AT_FDCWD;
  target->name = target->path;
}

void read_stdio_entry(const Reader &from, int number, StdioPlan *stdio) {
  const char *kind = from.bytes("kind");
  std::string name = kind ? kind : "";
  if (name == "null") {
    stdio->kind = STDIO_NULL;
  } else if (name == "inherit") {
    stdio->kind = STDIO_INHERIT;
    stdio->same_as = static_cast<int>(from.integer("descriptor", 0, kInt));
  } else if (name == "same") {
    stdio->kind = STDIO_SAME;
    stdio->same_as = static_cast<int>(from.integer("as", 0, number - 1));
  } else if (name == "file") {
    stdio->kind = STDIO_FILE;
    stdio->truncate = from.boolean("truncate");
    read_target(from, "path", &stdio->file);
    if (!stdio->file.path) from.wrong("path", "missing");
  } else {
    from.wrong("kind", "unknown");
  }
}

void read_stdio(const Reader &from, SpawnPlan *plan) {
  int number = 0;
  size_t count = from.each("stdio", [&](const Napi::Value &value, const std::string &name) {
    if (number > 2 || !value.IsObject()) {
      from.wrong(name, "not one of three objects");
      return;
    }
    read_stdio_entry(from.inside(value.As<Napi::Object>(), name), number, &plan->stdio[number]);
    number++;
  });
  if (count != 3) from.wrong("stdio", "not three entries");
}

uint64_t limit_value(const Reader &from, const char *field) {
  // 2^53 is beyond every real limit, and Infinity says unlimited.
  double value = from.integer(field, 0, HUGE_VAL);
  return value > 9007199254740991.0 ? UINT64_MAX : static_cast<uint64_t>(value);
}

void read_limits(const Reader &from, MarshalledPlan *to) {
  from.each("limits", [&](const Napi::Value &value, const std::string &name) {
    if (!value.IsObject()) {
      from.wrong(name, "not an object");
      return;
    }
    Reader entry = from.inside(value.As<Napi::Object>(), name);
    LimitPlan limit = {};
    limit.resource = static_cast<int>(entry.integer("resource", 0, 63));
    limit.soft = limit_value(entry, "soft");
    limit.keep_hard = !entry.has("hard");
    if (!limit.keep_hard) limit.hard = limit_value(entry, "hard");
    to->limits.push_back(limit);
  });
  to->plan.limits = to->limits.data();
  to->plan.limit_count = to->limits.size();
}

void read_ids(const Reader &from, MarshalledPlan *to) {
  if (!from.has("ids")) return;
  Reader ids = from.inside(from.object("ids"), "ids");
  to->plan.set_ids = 1;
  to->plan.uid = static_cast<uid_t>(ids.integer("uid", 0, kId));
  to->plan.gid = static_cast<gid_t>(ids.integer("gid", 0, kId));
  ids.each("groups", [&](const Napi::Value &value, const std::string &name) {
    double gid = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
    if (!(gid >= 0 && gid <= kId) || gid != std::floor(gid)) {
      ids.wrong(name, "not a group id");
      return;
    }
    to->groups.push_back(static_cast<gid_t>(gid));
  });
  to->plan.groups = to->groups.data();
  to->plan.group_count = to->groups.size();
}

void read_kept_descriptors(const Reader &from, MarshalledPlan *to) {
  from.each("keep", [&](const Napi::Value &value, const std::string &name) {
    double descriptor = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
    if (!(descriptor >= 3 && descriptor <= kInt) || descriptor != std::floor(descriptor)) {
      from.wrong(name, "not a descriptor from 3 up");
      return;
    }
    to->keep.push_back(static_cast<int>(descriptor));
  });
  std::sort(to->keep.begin(), to->keep.end());
  to->keep.erase(std::unique(to->keep.begin(), to->keep.end()), to->keep.end());
  to->plan.keep = to->keep.data();
  to->plan.keep_count = to->keep.size();
}

void read_passes(const Reader &from, MarshalledPlan *to) {
  to->plan.low_descriptors = 2;
  if (!from.has("passes")) return;
  from.each("passes", [&](const Napi::Value &value, const std::string &name) {
    if (!value.IsObject()) {
      from.wrong(name, "not an object");
      return;
    }
    Reader entry = from.inside(value.As<Napi::Object>(), name);
    DescriptorPass pass = {static_cast<int>(entry.integer("from", 3, kInt)),
                           static_cast<int>(entry.integer("to", 3, kInt))};
    to->passes.push_back(pass);
    to->plan.low_descriptors = std::max(to->plan.low_descriptors, pass.to);
  });
  // One that is placed must not be in the way of one that is yet to be.
  for (const DescriptorPass &pass : to->passes)
    if (pass.from <= to->plan.low_descriptors)
      from.wrong("passes", "a descriptor to take lies below one to give");
  to->plan.passes = to->passes.data();
  to->plan.pass_count = to->passes.size();
}

}  // namespace

bool marshal(const Napi::Object &object, MarshalledPlan *to) {
  Reader from(object, "", to);
  SpawnPlan *plan = &to->plan;
  plan->candidates = from.byte_list("candidates", &to->candidates);
  plan->argv = from.byte_list("argv", &to->argv);
  plan->envp = from.byte_list("env", &to->envp);
  if (to->candidates.size() < 2) from.wrong("candidates", "empty");
  if (to->argv.size() < 2) from.wrong("argv", "empty");
  read_scheduling(from, plan);
  if ((plan->set_umask = from.has("umask")))
    plan->umask = static_cast<mode_t>(from.integer("umask", 0, 0777));
  read_target(from, "lock", &plan->lock);
  read_target(from, "pidfile", &plan->pidfile);
  if (from.has("bootId")) plan->boot_id = from.bytes("bootId");
  plan->high_descriptor = static_cast<int>(from.integer("highDescriptor", 3, kInt));
  read_stdio(from, plan);
  if (from.has("chroot")) plan->chroot = from.bytes("chroot");
  read_limits(from, to);
  read_ids(from, to);
  plan->chdir = from.bytes("chdir");
  read_kept_descriptors(from, to);
  read_passes(from, to);
  if (from.has("cgroup")) plan->cgroup = static_cast<int>(from.integer("cgroup", 3, kInt));
  if (from.has("record")) plan->record = static_cast<int>(from.integer("record", 3, kInt));
  plan->tell_outputs = from.boolean("tellOutputs");
  plan->no_new_privs = from.boolean("noNewPrivs");
  plan->foreground = from.boolean("foreground");
  return !from.pending();
}
