// spawnDaemon(plan) and execInPlace(plan): marshal, find the directories, start, give the report back.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <iterator>

#include "marshal.h"
#include "napi_result.h"
#include "os.h"
#include "spawn_child.h"
#include "trusted_directory.h"

namespace {

constexpr const char *kStageNames[] = {
#define X(name, text) text,
    TDAEMON_STAGES(X)
#undef X
};

constexpr const char *kRefusalTexts[] = {
#define X(name, text) text,
    TDAEMON_REFUSALS(X)
#undef X
};

static_assert(std::size(kStageNames) == STAGE_LEADER_KILLED + 1, "every stage has its name");
static_assert(std::size(kRefusalTexts) == REFUSAL_INTERPRETER + 1, "every refusal has its text");

struct Problem {
  SpawnStage stage;
  int error = 0;
  std::string reason;
};

uid_t daemon_user(const SpawnPlan &plan) { return plan.set_ids ? plan.uid : geteuid(); }

// Where no descriptor of the command's will be put in its place.
bool own_directory(const MarshalledPlan *to, Location *found, FileTarget *target, Problem *problem) {
  if (!found->directory.move_above(to->plan.low_descriptors)) {
    problem->error = errno;
    return false;
  }
  target->directory = found->directory.get();
  return true;
}

// The pidfile and the lock file: a daemon is found by them, so nobody else may be able to change them.
bool find_private(MarshalledPlan *to, FileTarget *target, Problem *problem) {
  if (!target->path) return true;
  Location found = locate(target->path, daemon_user(to->plan), false);
  problem->error = found.error;
  problem->reason = found.problem;
  if (!found.error && !found.writers.others.empty()) {
    problem->error = EPERM;
    problem->reason = found.writers.others;
  }
  if (problem->error) return false;
  to->strings.push_back(found.name);
  target->name = to->strings.back().c_str();
  target->no_follow = 1;
  target->check_owner = geteuid() == 0;
  if (!own_directory(to, &found, target, problem)) return false;
  to->directories.push_back(std::move(found.directory));
  return true;
}

// Output and input files: root opens them with the daemon's rights where that user can change the directory,
// and never follows a link that was not seen to be root's.
bool find_output(MarshalledPlan *to, StdioPlan *stdio, Problem *problem) {
  if (stdio->kind != STDIO_FILE || geteuid() != 0) return true;
  FileTarget *target = &stdio->file;
  Location found = locate(target->path, daemon_user(to->plan), true);
  problem->error = found.error;
  problem->reason = found.problem;
  if (found.error) return false;
  to->strings.push_back(found.name);
  target->name = to->strings.back().c_str();
  target->as_daemon_user = found.writers.daemon_user && to->plan.set_ids && to->plan.uid != 0;
  target->no_follow = !target->as_daemon_user || !found.writers.others.empty();
  target->check_owner = 1;
  if (!own_directory(to, &found, target, problem)) return false;
  to->directories.push_back(std::move(found.directory));
  return true;
}

bool find_directories(MarshalledPlan *to, Problem *problem) {
  SpawnPlan *plan = &to->plan;
  problem->stage = STAGE_LOCK;
  if (!find_private(to, &plan->lock, problem)) return false;
  problem->stage = STAGE_PIDFILE;
  if (!find_private(to, &plan->pidfile, problem)) return false;
  for (int number = 0; number < 3; number++) {
    problem->stage = static_cast<SpawnStage>(STAGE_STDIN + number);
    if (!find_output(to, &plan->stdio[number], problem)) return false;
  }
  return true;
}

Napi::Value to_object(Napi::Env env, const SpawnReport &report) {
  if (!report.ok) {
    Napi::Object result =
        failure(env, kStageNames[report.stage], report.error, kRefusalTexts[report.refusal]);
    result.Set("index", Napi::Number::New(env, report.index));
    if (report.refusal == REFUSAL_INTERPRETER) result.Set("interpreter", true);
    if (report.refusal == REFUSAL_LOCKED) result.Set("locked", true);
    return result;
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("ok", true);
  result.Set("pid", Napi::Number::New(env, report.pid));
  result.Set("group", Napi::Number::New(env, report.group));
  result.Set("startTime", Napi::Number::New(env, static_cast<double>(report.start_time)));
  return result;
}

// A number that is not open now will be one of our own in a moment, and the command would get that.
bool are_open(const MarshalledPlan &to, SpawnReport *report) {
  const auto is_open = [](int descriptor) { return fcntl(descriptor, F_GETFD) != -1; };
  for (size_t i = 0; i < to.keep.size(); i++)
    if (!is_open(to.keep[i])) return fail(report, STAGE_KEEP_FD, REFUSAL_NONE, static_cast<int>(i));
  for (int number = 0; number < 3; number++) {
    const StdioPlan &stdio = to.plan.stdio[number];
    // Of 0, 1 and 2 the command's own are meant, whatever they are.
    if (stdio.kind == STDIO_INHERIT && stdio.same_as > 2 && !is_open(stdio.same_as))
      return fail(report, static_cast<SpawnStage>(STAGE_STDIN + number));
  }
  for (const DescriptorPass &pass : to.passes)
    if (!is_open(pass.from)) return fail(report, STAGE_STDIO, REFUSAL_NONE, pass.to);
  return true;
}

// False: *result is what to return.
bool prepare(const Napi::CallbackInfo &info, MarshalledPlan *to, Napi::Value *result) {
  Napi::Env env = info.Env();
  *result = env.Undefined();
  if (info.Length() < 1 || !info[0].IsObject()) {
    type_error(env, "plan: not an object");
    return false;
  }
  if (!marshal(info[0].As<Napi::Object>(), to)) return false;
  to->strings.push_back(unguessable_name());
  to->plan.temporary_name = to->strings.back().c_str();
  SpawnReport closed = {};
  if (!are_open(*to, &closed)) {
    *result = to_object(env, closed);
    return false;
  }
  Problem problem;
  if (find_directories(to, &problem)) return true;
  *result = failure(env, kStageNames[problem.stage], problem.error, problem.reason);
  return false;
}

// Which files the outputs are, so that they are followed from where the command began to write.
Napi::Array outputs_of(Napi::Env env, const SpawnReport &report) {
  Napi::Array outputs = Napi::Array::New(env);
  for (uint32_t at = 0; at < std::size(report.outputs); at++) {
    const OpenedOutput &opened = report.outputs[at];
    if (!opened.is_file) {
      outputs.Set(at, env.Null());
      continue;
    }
    Napi::Object output = Napi::Object::New(env);
    output.Set("device", Napi::BigInt::New(env, opened.device));
    output.Set("inode", Napi::BigInt::New(env, opened.inode));
    output.Set("size", Napi::Number::New(env, static_cast<double>(opened.size)));
    outputs.Set(at, output);
  }
  return outputs;
}

Napi::Value spawn(const Napi::CallbackInfo &info, SpawnReport (*start)(const SpawnPlan *plan, int *pidfd)) {
  MarshalledPlan to;
  Napi::Value result;
  if (!prepare(info, &to, &result)) return result;
  // Borrowing the memory is only safe between equals: a user who may signal the child could stop it,
  // and with it the caller, and changed ids would change what may read the caller's memory.
  to.plan.share_memory = !to.plan.set_ids && os_can_share_memory();
  int pidfd = -1;
  SpawnReport report = start(&to.plan, &pidfd);
  result = to_object(info.Env(), report);
  if (report.ok && to.plan.tell_outputs)
    result.As<Napi::Object>().Set("outputs", outputs_of(info.Env(), report));
  if (pidfd != -1) result.As<Napi::Object>().Set("pidfd", wrap_pidfd(info.Env(), pidfd));
  return result;
}

Napi::Value spawn_as_daemon(const Napi::CallbackInfo &info) { return spawn(info, spawn_daemon); }
Napi::Value spawn_as_child(const Napi::CallbackInfo &info) { return spawn(info, spawn_child); }

Napi::Value exec(const Napi::CallbackInfo &info) {
  MarshalledPlan to;
  Napi::Value result;
  if (!prepare(info, &to, &result)) return result;
  return to_object(info.Env(), exec_in_place(&to.plan));
}

}  // namespace

void export_spawn(Napi::Env env, Napi::Object exports) {
  Napi::Array stages = Napi::Array::New(env);
  for (uint32_t i = 0; i < std::size(kStageNames); i++) stages.Set(i, kStageNames[i]);
  exports.Set("stages", stages);
  exports.Set("spawnDaemon", Napi::Function::New(env, spawn_as_daemon));
  exports.Set("spawnChild", Napi::Function::New(env, spawn_as_child));
  exports.Set("execInPlace", Napi::Function::New(env, exec));
}
