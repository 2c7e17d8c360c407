/// A contiguous run of 4 KiB pages of the file.
struct Extent: Sendable, Hashable {
  var page: Int
  var pageCount: Int
  var byteOffset: Int { page * DataFile.pageByteCount }
  var byteCount: Int { pageCount * DataFile.pageByteCount }
  var endPage: Int { page + pageCount }
}

/// Which pages of the file are free. Not stored: opening derives it from what the manifest uses.
struct PageAllocator: Sendable {
  /// Free extents by page, neighbours merged.
  private(set) var free: [Extent] = []
  /// Pages of the file, free ones included.
  private(set) var pageCount: Int

  init(pageCount: Int) { self.pageCount = pageCount }

  /// The allocator of a file in which only `used` extents are taken.
  init(pageCount: Int, used: [Extent]) {
    self.pageCount = pageCount
    var next = 0
    for extent in used.sorted(by: { $0.page < $1.page }) {
      if extent.page > next { free.append(Extent(page: next, pageCount: extent.page - next)) }
      next = Swift.max(next, extent.endPage)
    }
    if next < pageCount { free.append(Extent(page: next, pageCount: pageCount - next)) }
    self.pageCount = Swift.max(pageCount, next)
  }

  var freePageCount: Int { free.reduce(0) { $0 + $1.pageCount } }

  /// The smallest free extent that is large enough, or new pages at the end.
  mutating func allocate(_ count: Int) -> Extent {
    var best = -1
    for (index, extent) in free.enumerated() where extent.pageCount >= count {
      if best < 0 || extent.pageCount < free[best].pageCount { best = index }
    }
    if best >= 0 {
      let extent = Extent(page: free[best].page, pageCount: count)
      free[best].page += count
      free[best].pageCount -= count
      if free[best].pageCount == 0 { free.remove(at: best) }
      return extent
    }
    if let last = free.last, last.endPage == pageCount {
      free.removeLast()
      pageCount = last.page + count
      return Extent(page: last.page, pageCount: count)
    }
    defer { pageCount += count }
    return Extent(page: pageCount, pageCount: count)
  }

  mutating func release(_ extent: Extent) {
    if extent.pageCount == 0 { return }
    var low = 0
    var high: Int = free.count
    while low < high {
      let middle: Int = (low + high) / 2
      if free[middle].page < extent.page { low = middle + 1 } else { high = middle }
    }
    free.insert(extent, at: low)
    if low + 1 < free.count && free[low].endPage == free[low + 1].page {
      free[low].pageCount += free[low + 1].pageCount
      free.remove(at: low + 1)
    }
    if low > 0 && free[low - 1].endPage == free[low].page {
      free[low - 1].pageCount += free[low].pageCount
      free.remove(at: low)
    }
  }

  /// Cuts free pages off the end; the page count left.
  mutating func trimEnd() -> Int {
    if let last = free.last, last.endPage == pageCount {
      pageCount = last.page
      free.removeLast()
    }
    return pageCount
  }
}
