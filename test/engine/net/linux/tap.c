/* A Linux of its own as a peer for the network's tests: a new network namespace with one tap device `eth0`, whose frames go
   over a stream socket (descriptor 3), each with its length (u32, big-endian) and a virtio_net_hdr (10 bytes, little-endian)
   before it, so that checksum and segmentation offload are on as in a guest. Arguments: the MAC address of eth0.
   Prints "ready PID" when the device is up; programs are started in it by nsenter. Ends when the socket closes. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST (10 + 65536 + 64)

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int all(int fd, unsigned char *at, size_t length, int out) {
  while (length > 0) {
    ssize_t done = out ? write(fd, at, length) : read(fd, at, length);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return 0;
    at += done;
    length -= (size_t)done;
  }
  return 1;
}

int main(int argc, char **argv) {
  static unsigned char frame[4 + MOST];
  char command[256];
  if (argc < 2) return 2;
  if (unshare(CLONE_NEWNET) < 0) die("unshare");
  int tap = open("/dev/net/tun", O_RDWR);
  if (tap < 0) die("/dev/net/tun");
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strcpy(request.ifr_name, "eth0");
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (ioctl(tap, TUNSETIFF, &request) < 0) die("TUNSETIFF");
  if (ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) < 0) die("TUNSETOFFLOAD");
  snprintf(command, sizeof command,
           "ip link set lo up && ip link set eth0 address %s txqueuelen 1000 && "
           "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1; ip link set eth0 up", argv[1]);
  if (system(command) != 0) return 1;
  printf("ready %d\n", getpid());
  fflush(stdout);
  struct pollfd ends[2] = {{.fd = 3, .events = POLLIN}, {.fd = tap, .events = POLLIN}};
  for (;;) {
    if (poll(ends, 2, -1) < 0) die("poll");
    if (ends[0].revents) {
      if (!all(3, frame, 4, 0)) return 0;
      uint32_t length = ntohl(*(uint32_t *)frame);
      if (length > MOST || !all(3, frame, length, 0)) return 1;
      /* What the kernel does not like it refuses with EINVAL; the frame is lost then, as on a wire. */
      if (write(tap, frame, length) < 0 && errno != EINVAL && errno != EIO && errno != ENOBUFS) die("write");
    }
    if (ends[1].revents) {
      ssize_t length = read(tap, frame + 4, MOST);
      if (length < 0) die("read");
      *(uint32_t *)frame = htonl((uint32_t)length);
      if (!all(3, frame, 4 + (size_t)length, 1)) return 0;
    }
  }
}
