// Makes a known list of system calls. `calls` does them all, `calls wait` then waits for SIGTERM and exits with 7,
// `calls exit N` only exits with N, `calls env NAME` prints a variable, `calls setuid` becomes uid 33 and runs a setuid
// root copy of itself, which prints who it is.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void touch(const char *path, int flags) {
  int fd = open(path, flags, 0644);
  if (fd >= 0) close(fd);
}

static void bind_port(int type, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  int fd = socket(AF_INET, type, 0);
  bind(fd, (struct sockaddr *)&address, sizeof address);
  if (type == SOCK_STREAM) listen(fd, 5);
}

static void bind_file(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(fd, (struct sockaddr *)&address, sizeof address);
  listen(fd, 5);
  int client = socket(AF_UNIX, SOCK_STREAM, 0);
  connect(client, (struct sockaddr *)&address, sizeof address);
}

static void *in_a_thread(void *unused) {
  (void)unused;
  mkdir("from-thread", 0700);
  return NULL;
}

static void files(void) {
  touch("/etc/passwd", O_RDONLY);
  touch("/etc/locked", O_RDONLY);
  touch("/etc/written", O_WRONLY);
  mkdir("/work/made", 0750);
  chdir("/work/made");
  touch("relative", O_WRONLY | O_CREAT | O_EXCL);
  rename("relative", "renamed");
  chmod("renamed", 0600);
  symlink("renamed", "link");
  link("renamed", "hard");
  mkfifo("fifo", 0600);
  unlink("hard");
  int folder = open("/work", O_RDONLY | O_DIRECTORY);
  mkdirat(folder, "by-descriptor", 0700);
  fchownat(folder, "by-descriptor", 5, 6, 0);
  mkdir("/work/before", 0700);
  chdir("/work/before");
  rename("/work/before", "/work/after");
  touch("in-renamed", O_WRONLY | O_CREAT | O_EXCL);
  fchdir(folder);
  touch("odd \"name\" <\xc3\xa9>, (1) = 2", O_WRONLY | O_CREAT | O_EXCL);
  rmdir("by-descriptor");
  access("/etc/locked", W_OK);
  pthread_t thread;
  pthread_create(&thread, NULL, in_a_thread, NULL);
  pthread_join(thread, NULL);
}

static void child(void) {
  if (fork() == 0) {
    chdir("/work/made");
    touch("by-child", O_WRONLY | O_CREAT | O_EXCL);
    execl("/calls", "calls", "exit", "3", (char *)NULL);
  }
  wait(NULL);
}

static void other_user(void) {
  if (fork() == 0) {
    setgroups(0, NULL);
    setgid(33);
    setuid(33);
    touch("/work/shared/by-other-user", O_WRONLY | O_CREAT | O_EXCL);
    touch("/etc/locked", O_RDONLY);
    _exit(0);
  }
  wait(NULL);
  if (fork() == 0) {
    chroot("/work");
    chdir("/");
    mkdir("/in-jail", 0700);
    _exit(0);
  }
  wait(NULL);
}

static void terminated(int signal) {
  (void)signal;
  mkdir("/work/at-the-end", 0700);
  _exit(7);
}

int main(int count, char **arguments) {
  if (count == 3 && strcmp(arguments[1], "exit") == 0) return atoi(arguments[2]);
  if (count == 3 && strcmp(arguments[1], "env") == 0) return puts(getenv(arguments[2])) < 0;
  if (count == 2 && strcmp(arguments[1], "id") == 0) return printf("%d\n", geteuid()) < 0;
  if (count == 2 && strcmp(arguments[1], "setuid") == 0) {
    setuid(33);
    return execl("/setuid-calls", "setuid-calls", "id", (char *)NULL);
  }
  umask(0);
  if (count == 2) signal(SIGTERM, terminated);
  files();
  child();
  other_user();
  bind_port(SOCK_STREAM, 80);
  bind_port(SOCK_DGRAM, 5353);
  bind_file("/work/socket");
  printf("%d done\n", getpid());
  fflush(stdout);
  while (count == 2) pause();
  return 0;
}
