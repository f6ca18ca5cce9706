/* An HTTP server that counts its visits in /data/visits, and adds a line for each to a file that is there already. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *path = "/data/visits";

static int count(void) {
  int visits = 0;
  FILE *file = fopen(path, "r");
  if (file) {
    if (fscanf(file, "%d", &visits) != 1) visits = 0;
    fclose(file);
  }
  file = fopen(path, "w");
  if (!file) {
    perror(path);
    return -1;
  }
  fprintf(file, "%d\n", ++visits);
  FILE *list = fopen("/log/visits.log", "r+");
  if (!list || fseek(list, 0, SEEK_END) || fputs("a visit\n", list) < 0 || fclose(list)) {
    perror("/log/visits.log");
    visits = -1;
  }
  return fclose(file) ? -1 : visits;
}

static void stop(int signal) {
  (void)signal;
  _exit(0);
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};
  int on = 1, server = socket(AF_INET, SOCK_STREAM, 0);
  signal(SIGTERM, stop);
  signal(SIGPIPE, SIG_IGN);
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 16)) {
    perror("listen");
    return 1;
  }
  for (;;) {
    char request[4096], response[256];
    int client = accept(server, NULL, NULL);
    if (client < 0) continue;
    if (read(client, request, sizeof request) > 0) {
      int visits = count();
      int length = visits < 0
          ? snprintf(response, sizeof response, "HTTP/1.0 500 Internal Server Error\r\n\r\nno data\n")
          : snprintf(response, sizeof response, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n%d\n", visits);
      if (write(client, response, length) < 0) perror("write");
    }
    close(client);
  }
}
