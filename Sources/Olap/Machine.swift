import Glibc

/// What this process may use of the machine: less than there is inside a container or under `ulimit`.
/// Asked once: every connection needs it.
package enum Machine {
  /// Bytes of memory the process may have: of the machine, of its control group and of its address space,
  /// the least.
  package static let memory: Int =
    [controlGroupMemory, addressSpace].compactMap { $0 }.reduce(physicalMemory, min)

  /// Processors the process may run on: the bits of `Cpus_allowed` in proc(5).
  package static let processorCount: Int = {
    let online = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let status = (try? TextFile.read("/proc/self/status")) ?? ""
    for line in status.split(separator: "\n") where line.hasPrefix("Cpus_allowed:") {
      let digits = line.dropFirst("Cpus_allowed:".count).compactMap { $0.hexDigitValue }
      // Processors that could be plugged in may be allowed too.
      return max(1, min(online, digits.reduce(0) { $0 + $1.nonzeroBitCount }))
    }
    return online
  }()

  private static var physicalMemory: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && size > 0 ? pages * size : 8 << 30
  }

  /// Three quarters of `ulimit -v`; the rest is for the program, its threads' stacks and fragments.
  private static var addressSpace: Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
      limit.rlim_cur < rlim_t(Int.max)
    else { return nil }
    return Int(limit.rlim_cur) / 4 * 3
  }

  /// The limit of the process's control group or of one above it (cgroups(7)): `memory.max` of version 2,
  /// `memory.limit_in_bytes` of version 1.
  private static var controlGroupMemory: Int? {
    guard let groups = try? TextFile.read("/proc/self/cgroup") else { return nil }
    var least: Int?
    for line in groups.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isSecond = fields[0] == "0" && fields[1].isEmpty
      guard isSecond || fields[1].split(separator: ",").contains("memory") else { continue }
      let root = isSecond ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
      let file = isSecond ? "memory.max" : "memory.limit_in_bytes"
      var folders: [Substring] = fields[2].split(separator: "/")
      while true {
        let folder = folders.map { "/" + $0 }.joined()
        if let text = try? TextFile.read("\(root)\(folder)/\(file)"),
          let bytes = Int(text.split(separator: "\n").first ?? ""), bytes > 0
        {
          least = min(least ?? bytes, bytes)
        }
        if folders.isEmpty { break }
        folders.removeLast()
      }
    }
    return least
  }
}
