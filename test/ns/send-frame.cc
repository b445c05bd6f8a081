// send-frame INTERFACE HEX: sends one Ethernet frame as it is, as a container with CAP_NET_RAW can.
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  unsigned char frame[1514];
  size_t size = 0;
  for (const char* hex = argv[2]; size < sizeof frame; hex += 2, size++)
    if (sscanf(hex, "%2hhx", &frame[size]) != 1) break;
  const int fd = socket(AF_PACKET, SOCK_RAW, 0);
  struct sockaddr_ll to = {};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(if_nametoindex(argv[1]));
  to.sll_halen = 6;
  memcpy(to.sll_addr, frame, 6);
  if (sendto(fd, frame, size, 0, reinterpret_cast<struct sockaddr*>(&to), sizeof to) < 0) {
    perror("send-frame");
    return 1;
  }
  return 0;
}
