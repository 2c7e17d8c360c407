/// Words that mean something to the parser. Most stay usable as names of columns and tables: only the
/// reserved ones do not (the classes are Postgres's, as DuckDB has them).
package enum Keyword: String, CaseIterable, Hashable, Sendable {
  case abort
  case add
  case after
  case all
  case allow
  case alter
  case always
  case analyse
  case analyze
  case and
  case anti
  case `any`
  case apply
  case array
  case `as`
  case asc
  case asof
  case asymmetric
  case at
  case attach
  case authorization
  case auto
  case autoIncrement = "auto_increment"
  case autoincrement
  case before
  case begin
  case bernoulli
  case between
  case both
  case bronze
  case by
  case call
  case cascade
  case `case`
  case cast
  case changes
  case char
  case character
  case check
  case checkpoint
  case cluster
  case clustered
  case collate
  case column
  case columns
  case comment
  case commit
  case compression
  case concurrently
  case conflict
  case constraint
  case copy
  case count
  case create
  case cross
  case cube
  case current
  case currentCatalog = "current_catalog"
  case currentDate = "current_date"
  case currentRole = "current_role"
  case currentSchema = "current_schema"
  case currentTime = "current_time"
  case currentTimestamp = "current_timestamp"
  case currentUser = "current_user"
  case cycle
  case data
  case database
  case databases
  case date
  case day
  case deallocate
  case `default`
  case deferrable
  case delete
  case desc
  case describe
  case detach
  case distinct
  case `do`
  case double
  case downstream
  case drift
  case drop
  case dry
  case dynamic
  case `else`
  case encrypted
  case end
  case `enum`
  case error
  case escape
  case except
  case exclude
  case execute
  case exists
  case expect
  case explain
  case export
  case `extension`
  case extensions
  case extract
  case fail
  case fallback
  case `false`
  case fetch
  case filter
  case first
  case following
  case `for`
  case force
  case foreign
  case freshness
  case from
  case full
  case function
  case functions
  case generated
  case glob
  case global
  case gold
  case group
  case grouping
  case groups
  case having
  case identity
  case `if`
  case ignore
  case ilike
  case immediate
  case immutable
  case `import`
  case `in`
  case include
  case increment
  case incremental
  case index
  case initially
  case inner
  case insert
  case install
  case instead
  case intersect
  case interval
  case into
  case `is`
  case isnull
  case join
  case key
  case keys
  case lag
  case lambda
  case last
  case lateral
  case leading
  case left
  case like
  case limit
  case list
  case live
  case load
  case local
  case localtime
  case localtimestamp
  case locked
  case macro
  case manual
  case map
  case master
  case match
  case matched
  case materialized
  case maxvalue
  case merge
  case minvalue
  case models
  case name
  case natural
  case next
  case no
  case not
  case nothing
  case notnull
  case null
  case nulls
  case of
  case off
  case offset
  case on
  case only
  case or
  case order
  case ordinality
  case others
  case outer
  case over
  case overlay
  case overwrite
  case owned
  case owner
  case partition
  case partitioned
  case percent
  case persist
  case pivot
  case pivotLonger = "pivot_longer"
  case pivotWider = "pivot_wider"
  case placing
  case position
  case positional
  case pragma
  case preceding
  case precision
  case prepare
  case primary
  case qualify
  case quarantine
  case range
  case read
  case recursive
  case references
  case refresh
  case relationship
  case release
  case rename
  case repair
  case repeatable
  case replace
  case reset
  case respect
  case restart
  case restate
  case restrict
  case resume
  case returning
  case right
  case rollback
  case rollup
  case row
  case rows
  case run
  case sample
  case savepoint
  case scd
  case schedule
  case schema
  case schemas
  case scope
  case select
  case semi
  case sequence
  case session
  case sessionUser = "session_user"
  case set
  case sets
  case settings
  case severity
  case share
  case show
  case silver
  case similar
  case `some`
  case sorted
  case source
  case start
  case stdin
  case stdout
  case storage
  case stored
  case streaming
  case `struct`
  case substring
  case summarize
  case suspend
  case symmetric
  case system
  case table
  case tables
  case tablesample
  case tag
  case tags
  case target
  case task
  case temp
  case temporary
  case test
  case then
  case ties
  case time
  case timestamp
  case to
  case trailing
  case transaction
  case transient
  case trim
  case `true`
  case truncate
  case tryCast = "try_cast"
  case type
  case unbounded
  case union
  case unique
  case unknown
  case unlogged
  case unpivot
  case unset
  case update
  case use
  case user
  case using
  case vacuum
  case validate
  case value
  case values
  case varbit
  case variable
  case varying
  case verify
  case version
  case view
  case views
  case violation
  case virtual
  case volatile
  case warehouse
  case warn
  case when
  case `where`
  case window
  case with
  case within
  case without
  case work
  case write
  case year
  case yearMonth = "year_month"
  case zone

  /// Keyword of a word in lower case.
  static let byText: [String: Keyword] = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

  /// Never a name unless quoted, or behind AS or a dot.
  package var isReserved: Bool {
    switch self {
    case .all, .analyse, .analyze, .and, .any, .array, .as, .asc, .asymmetric, .both,
      .case, .cast, .check, .collate, .column, .constraint, .create, .default,
      .deferrable, .desc, .describe, .distinct, .do, .else, .end, .except, .false, .fetch,
      .for, .foreign, .from, .group, .having, .in, .initially, .intersect, .into, .lambda,
      .lateral, .leading, .limit, .not, .null, .offset, .on, .only, .or, .order, .pivot,
      .placing, .primary, .qualify, .references, .returning, .select, .show, .some,
      .summarize, .symmetric, .table, .then, .to, .trailing, .true, .union, .unique,
      .unpivot, .using, .when, .where, .window, .with:
      true
    default: false
    }
  }

  /// May name a function or type, never a column or table.
  package var isFunctionOrTypeName: Bool {
    switch self {
    case .authorization, .concurrently, .cross, .full, .glob, .ilike, .inner, .is,
      .isnull, .join, .left, .like, .natural, .notnull, .outer, .right, .similar,
      .tablesample, .tryCast:
      true
    default: false
    }
  }

  /// May be a name, but not an alias without AS, since it continues the clause.
  var continuesClause: Bool {
    switch self {
    case .anti, .asof, .at, .exclude, .filter, .ignore, .over, .positional, .respect,
      .semi, .within:
      true
    default: false
    }
  }

  /// As in messages.
  package var display: String { rawValue.uppercased() }
}
