@preconcurrency import Glibc
import Olap

// `olap` is the shell; `olap shell` says so; other verbs are named.
setvbuf(stdout, nil, Int32(_IOFBF), 1 << 16)
signal(SIGPIPE, SIG_IGN)
exit(CommandLineTool.run(Array(CommandLine.arguments.dropFirst())))
