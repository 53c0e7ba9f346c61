/** The system calls that the two children may make between clone and execve. */
import type { Call } from './strace';

/** The add-on's clone is the only one without SIGCHLD. */
export function isOurs({ name, text }: Call): boolean {
  return name === 'clone' && !text.includes('SIGCHLD') && !text.includes('CLONE_THREAD');
}

export const LEADER = new Set(
  (
    'rt_sigaction setsid getpid clone close poll sendmsg recvfrom setpgid ' +
    'openat open read wait4 waitid nanosleep clock_nanosleep exit_group'
  ).split(' '),
);

/** Up to the execve that succeeds. */
export const DAEMON = new Set(
  (
    'prctl getppid pidfd_open sendmsg rt_sigaction rt_sigprocmask close_range close umask getpid openat open read write lseek fchmod ' +
    'fsetxattr fcntl linkat link prlimit64 chdir dup2 dup3 execve newfstatat fstat stat statx setpriority ioprio_set ' +
    'sched_setscheduler flock fchown ftruncate chroot geteuid getegid setgroups setresgid setresuid getresuid ' +
    'getresgid getgroups setfsuid setfsgid pidfd_open sendmsg'
  ).split(' '),
);
