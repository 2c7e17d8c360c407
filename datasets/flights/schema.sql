-- Flights that left New York City in 2013, with weather, planes, airports and airlines.
-- In the files NA is NULL: load with --null NA.

CREATE BRONZE TABLE airlines (
  carrier VARCHAR PRIMARY KEY,
  name VARCHAR NOT NULL
);

CREATE BRONZE TABLE airports (
  faa VARCHAR PRIMARY KEY,
  name VARCHAR NOT NULL,
  lat DOUBLE,
  lon DOUBLE,
  alt INTEGER,
  tz INTEGER,
  dst VARCHAR,
  tzone VARCHAR
);

CREATE BRONZE TABLE planes (
  tailnum VARCHAR PRIMARY KEY,
  year INTEGER,
  type VARCHAR,
  manufacturer VARCHAR,
  model VARCHAR,
  engines INTEGER,
  seats INTEGER,
  speed INTEGER,
  engine VARCHAR
);

CREATE BRONZE TABLE weather (
  origin VARCHAR,
  year INTEGER,
  month INTEGER,
  day INTEGER,
  hour INTEGER,
  temp DOUBLE,
  dewp DOUBLE,
  humid DOUBLE,
  wind_dir INTEGER,
  wind_speed DOUBLE,
  wind_gust DOUBLE,
  precip DOUBLE,
  pressure DOUBLE,
  visib DOUBLE,
  time_hour TIMESTAMPTZ,
  PRIMARY KEY (origin, time_hour)
);

CREATE BRONZE TABLE flights (
  year INTEGER,
  month INTEGER,
  day INTEGER,
  dep_time INTEGER,
  sched_dep_time INTEGER,
  dep_delay INTEGER,
  arr_time INTEGER,
  sched_arr_time INTEGER,
  arr_delay INTEGER,
  carrier VARCHAR,
  flight INTEGER,
  tailnum VARCHAR,
  origin VARCHAR,
  dest VARCHAR,
  air_time INTEGER,
  distance INTEGER,
  hour INTEGER,
  minute INTEGER,
  time_hour TIMESTAMPTZ
);
