// What runs in the guest of `bench -- window`: draws the time into the corner of the framebuffer, at each key that is pressed; from the
// key f on it draws the whole of it 30 times a second, every pixel another each time, until f comes again; from the key s on it prints a
// line on the framebuffer's console 30 times a second, from the key t on on the text console (hvc0).
// The corner: 8x8 pixels whose colour is the low 24 bits of CLOCK_REALTIME in milliseconds.
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 1024, HEIGHT = 768, CORNER = 8, RATE = 30 };

static uint32_t pictures[2][HEIGHT][WIDTH];

static int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Whole rows: the driver tells of each write. */
static void draw(int screen, uint32_t (*picture)[WIDTH], int rows) {
    uint32_t stamp = (uint32_t)(now(CLOCK_REALTIME) / 1000000) & 0xffffff;
    for (int y = 0; y < CORNER; y++)
        for (int x = 0; x < CORNER; x++) picture[y][x] = stamp;
    if (pwrite(screen, picture, (size_t)rows * WIDTH * 4, 0) < 0) perror("framebuffer");
}

/* Of different lengths, as a log has them. */
static void print(int console, int number) {
    char line[128];
    int length = snprintf(line, sizeof line, "[%6d] %.*s\n", number, 20 + number * 37 % 90,
        "the quick brown fox jumps over the lazy dog while a kernel tells of its devices, drivers and disks one after another");
    if (write(console, line, length) < 0) perror("console");
}

int main(void) {
    int screen = open("/dev/fb0", O_RDWR);
    int keys = open("/dev/input/event0", O_RDONLY | O_NONBLOCK);
    int console = open("/dev/tty0", O_WRONLY);
    if (screen < 0 || keys < 0 || console < 0) {
        perror("framebuffer, keyboard or console");
        return 1;
    }
    for (int i = 0; i < 2 * HEIGHT * WIDTH; i++) (&pictures[0][0][0])[i] = (uint32_t)random() & 0xffffff;
    puts("BENCH READY");
    fflush(stdout);
    enum { IDLE, FRAMES, LINES, TEXT } running = IDLE;
    int turn = 0;
    int64_t next = 0;
    for (;;) {
        int64_t left = running ? (next - now(CLOCK_MONOTONIC)) / 1000000 : -1;
        struct pollfd waiting = {.fd = keys, .events = POLLIN};
        poll(&waiting, 1, running && left < 0 ? 0 : (int)left);
        struct input_event event;
        while (read(keys, &event, sizeof event) == sizeof event) {
            if (event.type != EV_KEY || event.value != 1) continue;
            if (event.code == KEY_F || event.code == KEY_S || event.code == KEY_T) {
                running = running != IDLE ? IDLE : event.code == KEY_F ? FRAMES : event.code == KEY_S ? LINES : TEXT;
                next = now(CLOCK_MONOTONIC);
                /* The console draws only what it knows to have changed: it would leave parts of our picture between its lines. */
                static const char clear[] = "\033[H\033[2J";
                if (running == LINES && write(console, clear, sizeof clear - 1) < 0) perror("console");
            } else draw(screen, pictures[0], CORNER);
        }
        if (!running || now(CLOCK_MONOTONIC) < next) continue;
        turn++;
        if (running == LINES) print(console, turn);
        else if (running == TEXT) print(STDOUT_FILENO, turn);
        else draw(screen, pictures[turn & 1], HEIGHT);
        next += 1000000000LL / RATE;
        if (next < now(CLOCK_MONOTONIC)) next = now(CLOCK_MONOTONIC);
    }
}
