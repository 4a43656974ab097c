"""A program in a pseudo-terminal: its screen, every byte it wrote, the terminal's settings before and after.

The program is a job of a small session leader, as under a shell: so it can be stopped and continued, and its end does not
hang up the terminal. pyte lives in an environment of its own under $XDG_CACHE_HOME/switchyard-test.
"""
import contextlib, fcntl, os, re, select, signal, struct, subprocess, sys, termios, time

sys.dont_write_bytecode = True
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "switchyard-test")
PYTHON = os.path.join(CACHE, "bin", "python")
try:
    import pyte
except ModuleNotFoundError:
    if os.path.realpath(sys.prefix) == os.path.realpath(CACHE):
        raise
    if not os.path.exists(PYTHON) or subprocess.run([PYTHON, "-c", "import pyte"], capture_output=True).returncode:
        subprocess.run([sys.executable, "-m", "venv", CACHE], check=True)
        subprocess.run([PYTHON, "-m", "pip", "-q", "install", "pyte==0.8.2"], check=True)
    os.execv(PYTHON, [PYTHON, *sys.argv])

KEYS = {"Enter": "\r", "Esc": "\x1b", "Tab": "\t", "Up": "\x1bOA", "Down": "\x1bOB", "Backspace": "\x7f"}
# what pyte 0.8 does not know: private sequences other than modes, and the repetition of a character
PRIVATE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*[a-gi-km-zA-Z]")
REPEATED = re.compile(rb"([\x20-\x7e]|[\xc2-\xf4][\x80-\xbf]+)\x1b\[(\d+)b")
CUT = re.compile(rb"(\x1b(\[[0-9;?<>=]*)?|[\xc2-\xf4][\x80-\xbf]{0,2})$")


class Screen(pyte.Screen):
    """pyte's screen, which also scrolls its margins (SU, SD) as ncurses asks it to."""

    def scroll_up(self, lines=None):
        self.scroll(lines, self.index, lambda margins: margins[1])

    def scroll_down(self, lines=None):
        self.scroll(lines, self.reverse_index, lambda margins: margins[0])

    @property
    def display(self):
        """The rows; the second cell of a wide character is empty, also where half of one was overwritten."""
        return ["".join(self.buffer[y][x].data for x in range(self.columns)) for y in range(self.lines)]

    def scroll(self, lines, step, edge):
        row = self.cursor.y
        self.cursor.y = edge(self.margins or (0, self.lines - 1))
        for _ in range(lines or 1):
            step()
        self.cursor.y = row


class Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "S": "scroll_up", "T": "scroll_down"}
    events = pyte.ByteStream.events | {"scroll_up", "scroll_down"}


class PseudoTerminal:
    """Ends with the `with` block; the program is killed if it still runs then."""

    def __init__(self, command, columns=120, rows=40, term="xterm-256color", environment=None):
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.written = bytearray()
        self.pending = b""
        self.status = None
        self.stops = 0
        self.master, self.slave = os.openpty()
        self.size(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        reports, report = os.pipe()
        self.reports = os.fdopen(reports, "rb", buffering=0)
        self.began = time.monotonic()
        self.leader = os.fork()
        if self.leader == 0:
            lead(self.slave, self.master, report, command, {
                **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")},
                "TERM": term, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **(environment or {})})
        os.close(report)
        self.pid = int(self.reports.readline().split()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in [self.pid] if self.status is None else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.leader, signal.SIGKILL)
        os.waitpid(self.leader, 0)
        for descriptor in (self.master, self.slave):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self.reports.close()

    def size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.size(columns, rows)
        self.screen.resize(rows, columns)

    def read(self, seconds):
        """The bytes of one read, b"" when none came in time."""
        ready, _, _ = select.select([self.master, self.reports], [], [], seconds)
        if self.reports in ready:
            self.hear(self.reports.readline().split())
        if self.master not in ready:
            return b""
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            return b""
        self.written += data
        return data

    def hear(self, report):
        if not report:
            self.status = self.status if self.status is not None else "lost"
        elif report[0] == b"stopped":
            self.stops += 1
        elif report[0] == b"ended":
            self.status = int(report[1])

    def show(self, data):
        data = self.pending + data
        cut = CUT.search(data)
        self.pending = cut.group() if cut else b""
        data = data[:len(data) - len(self.pending)]
        data = REPEATED.sub(lambda match: match.group(1) * (int(match.group(2)) + 1), PRIVATE.sub(b"", data))
        self.stream.feed(data)

    def pump(self, seconds):
        """Lets the program draw for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.show(self.read(min(left, 0.05)))

    def settle(self, quiet=0.15, seconds=5):
        """Waits until nothing was drawn for a while: between two snapshots that is soon. Proves nothing on a busy machine."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            data = self.read(quiet)
            if not data:
                return
            self.show(data)

    def drain(self):
        """All that a program wrote which has ended or is stopped: it is in the terminal already."""
        while data := self.read(0):
            self.show(data)

    @property
    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, condition, seconds):
        """Pumps until the condition holds; its value, or None at the deadline."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value or time.monotonic() > end:
                return value or None
            self.show(self.read(0.05))

    def send(self, text):
        os.write(self.master, text.encode() if isinstance(text, str) else text)

    def key(self, name):
        self.send(KEYS.get(name, name))

    def signal(self, number):
        os.kill(self.pid, number)

    @property
    def settings(self):
        """The terminal's settings now, without the line speeds' order of bits that nobody sets."""
        return termios.tcgetattr(self.slave)


def lead(slave, master, report, command, environment):
    """The session's leader: starts the program in the foreground and reports what becomes of it."""
    try:
        os.close(master)
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        job = os.fork()
        if job == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(slave, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            for number in range(3):
                os.dup2(slave, number)
            os.closerange(3, 256)
            os.execvpe(command[0], command, environment)
        os.close(slave)
        os.write(report, b"started %d\n" % job)
        while True:
            _, status = os.waitpid(job, os.WUNTRACED)
            if os.WIFSTOPPED(status):
                os.write(report, b"stopped\n")
            else:
                os.write(report, b"ended %d\n" % os.waitstatus_to_exitcode(status))
                break
        while True:
            signal.pause()
    finally:
        os._exit(127)
