/* What Swift cannot reach in ncurses (macros, variadics, globals), and the signal handlers, which must be C.
 *
 * Everything is static: import this module from ONE Swift file only, or each would get state of its own. */
#pragma once
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

/* Ends synchronised output, bracketed paste, mouse, application keys, attributes; shows the cursor; leaves the
 * alternate screen. Plain bytes, since a handler may do no more than write. */
#define SY_RESET "\033[?2026l\033[?2004l\033[?1006l\033[?1002l\033[?1l\033>\033[m\033[?25h\033[?1049l"

/* Initialised, or Swift's importer takes them for declarations only and the link fails. */
static volatile sig_atomic_t sy_active = 0;
static volatile sig_atomic_t sy_wake_descriptor = -1;
static struct termios sy_cooked = {0};

static inline void sy_write(const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) {
            struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
            if (poll(&out, 1, 1000) > 0) continue;
        }
        if (written <= 0) return;
        bytes += written;
        length -= (size_t)written;
    }
}

/* Async-signal-safe and idempotent; also runs at exit(). */
static void sy_restore(void) {
    if (!sy_active) return;
    sy_active = 0;
    ssize_t ignored = write(STDOUT_FILENO, SY_RESET, sizeof SY_RESET - 1);
    (void)ignored;
    tcsetattr(STDIN_FILENO, TCSANOW, &sy_cooked);
}

static void sy_fatal(int number) {
    sy_restore();
    signal(number, SIG_DFL);
    raise(number);
}

static void sy_note(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t ignored = write((int)sy_wake_descriptor, &byte, 1);
    (void)ignored;
    errno = saved;
}

static inline void sy_handle(int number, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static inline void sy_install_handlers(int wake_descriptor, int ends) {
    static const int fatal[] = {SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGFPE};
    static const int noted[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGHUP};
    sy_wake_descriptor = wake_descriptor;
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) sy_handle(fatal[i], sy_fatal, SA_ONSTACK | SA_RESETHAND);
    for (size_t i = 0; i < sizeof noted / sizeof *noted; i++) sy_handle(noted[i], sy_note, SA_RESTART);
    if (ends) {
        sy_handle(SIGTERM, sy_note, SA_RESTART);
        sy_handle(SIGINT, sy_note, SA_RESTART);
    }
}

/* Back to the default for what we noted. The fatal handlers stay: they do nothing while no terminal is active. */
static inline void sy_remove_handlers(int ends) {
    sy_handle(SIGWINCH, SIG_DFL, 0);
    sy_handle(SIGTSTP, SIG_DFL, 0);
    sy_handle(SIGCONT, SIG_DFL, 0);
    sy_handle(SIGHUP, SIG_DFL, 0);
    if (ends) {
        sy_handle(SIGTERM, SIG_DFL, 0);
        sy_handle(SIGINT, SIG_DFL, 0);
    }
    sy_wake_descriptor = -1;
}

/* Only LC_CTYPE: a locale for numbers would change strtod for everybody else. 1 when characters can be UTF-8. */
static inline int sy_locale(void) {
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return 1;
    return setlocale(LC_CTYPE, "C.UTF-8") != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static inline void sy_prepare_screen(void) {
    raw();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    idlok(stdscr, FALSE);
    leaveok(stdscr, TRUE);
    curs_set(0);
}

/* 1 when the terminal of this name is open; NULL takes TERM. */
static inline int sy_open(const char *name) {
    static int registered;
    if (tcgetattr(STDIN_FILENO, &sy_cooked) != 0) return 0;
    /* with these set ncurses never asks for the size again */
    unsetenv("COLUMNS");
    unsetenv("LINES");
    set_escdelay(25);
    if (newterm(name, stdout, stdin) == NULL) return 0;
    sy_active = 1;
    if (!registered) registered = atexit(sy_restore) == 0;
    typeahead(-1);
    sy_prepare_screen();
    return 1;
}

static inline void sy_close(void) {
    endwin();
    sy_restore();
}

/* For the shell while we are stopped; sy_enter comes back. */
static inline void sy_leave(void) {
    endwin();
    sy_active = 0;
}

static inline void sy_enter(void) {
    sy_active = 1;
    reset_prog_mode();
    sy_prepare_screen();
    clearok(curscr, TRUE);
}

static inline int sy_start_colors(void) {
    if (!has_colors() || start_color() == ERR) return 0;
    use_default_colors();
    return COLORS;
}

static inline int sy_pairs(void) { return COLOR_PAIRS; }

static inline int sy_define_pair(int pair, int foreground, int background) {
    return init_extended_pair(pair, foreground, background) == OK;
}

/* style: 1 bold, 2 dim, 4 underline, 8 reverse. text ends with 0. */
static inline void sy_put(int y, int x, const wchar_t *text, int style, int pair) {
    attr_t attributes = A_NORMAL;
    cchar_t cell;
    if (style & 1) attributes |= A_BOLD;
    if (style & 2) attributes |= A_DIM;
    if (style & 4) attributes |= A_UNDERLINE;
    if (style & 8) attributes |= A_REVERSE;
    if (setcchar(&cell, text, attributes, (short)(pair < 32768 ? pair : 0), &pair) == OK) mvadd_wchnstr(y, x, &cell, 1);
}

static inline int sy_columns(unsigned int scalar) { return wcwidth((wchar_t)scalar); }

static inline void sy_place_cursor(int y, int x, int visible) {
    leaveok(stdscr, visible ? FALSE : TRUE);
    curs_set(visible ? 1 : 0);
    if (visible) move(y, x);
}

static inline void sy_flush(void) {
    wnoutrefresh(stdscr);
    doupdate();
}

static inline void sy_resize(int rows, int columns) {
    resizeterm(rows, columns);
    erase();
    clearok(curscr, TRUE);
}

static inline void sy_size(int *rows, int *columns) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        *rows = size.ws_row;
        *columns = size.ws_col;
    } else {
        *rows = 24;
        *columns = 80;
    }
}

/* Stops the whole job, as the terminal itself would: a script that started us must stop too. */
static inline void sy_stop_job(void) {
    sy_handle(SIGTSTP, SIG_DFL, 0);
    kill(0, SIGTSTP);
}

static inline void sy_watch_stop(void) { sy_handle(SIGTSTP, sy_note, SA_RESTART); }

/* Neither end blocks, no child inherits them. 1 when there are two. */
static inline int sy_pipe(int *ends) {
    if (pipe(ends) != 0) return 0;
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        fcntl(ends[i], F_SETFL, fcntl(ends[i], F_GETFL) | O_NONBLOCK);
    }
    return 1;
}

/* Sleeps until input (1), a wake-up (2) or, if asked for, room for output (4); these bits, 0 after the time, or -1 when a
 * signal came. milliseconds below 0 are for ever. */
static inline int sy_wait(int wake_descriptor, int wants_output, int milliseconds) {
    struct pollfd watched[] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = wake_descriptor, .events = POLLIN},
        {.fd = wants_output ? STDOUT_FILENO : -1, .events = POLLOUT},
    };
    int ready = poll(watched, 3, milliseconds);
    if (ready <= 0) return ready;
    return (watched[0].revents ? 1 : 0) | (watched[1].revents ? 2 : 0) | (watched[2].revents ? 4 : 0);
}

/* Only for a wake-up: up to so many milliseconds. */
static inline void sy_wait_wake(int wake_descriptor, int milliseconds) {
    struct pollfd watched = {.fd = wake_descriptor, .events = POLLIN};
    (void)poll(&watched, 1, milliseconds);
}

static inline int sy_is_writable(void) {
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) != 0;
}
