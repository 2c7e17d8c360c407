-- Flights, cancellations and mean delay by airline
SELECT
    a.name,
    COUNT(*) AS flights,
    COUNT(*) FILTER (WHERE f.dep_time IS NULL) AS cancelled,
    ROUND(AVG(f.dep_delay), 2) AS mean_departure_delay
FROM flights f
JOIN airlines a USING (carrier)
GROUP BY a.name
ORDER BY flights DESC, a.name;

-- The worst days
SELECT month, day, COUNT(*) AS flights, ROUND(AVG(dep_delay), 1) AS delay
FROM flights
GROUP BY ALL
ORDER BY delay DESC NULLS LAST
LIMIT 5;

-- Destinations that the airports table does not know
SELECT dest, COUNT(*) AS flights
FROM flights f
WHERE NOT EXISTS (SELECT 1 FROM airports a WHERE a.faa = f.dest)
GROUP BY dest
ORDER BY dest;

-- Delay by visibility at departure
SELECT w.origin, FLOOR(w.visib) AS visibility, COUNT(*) AS flights, MEDIAN(f.dep_delay) AS delay
FROM flights f
JOIN weather w ON f.origin = w.origin AND f.time_hour = w.time_hour
GROUP BY w.origin, visibility
ORDER BY w.origin, visibility;

-- Each airport's three busiest destinations
SELECT origin, dest, flights
FROM (
    SELECT origin, dest, COUNT(*) AS flights FROM flights GROUP BY origin, dest
) d
QUALIFY ROW_NUMBER() OVER (PARTITION BY origin ORDER BY flights DESC, dest) <= 3
ORDER BY origin, flights DESC, dest;

-- Do newer planes fly further?
SELECT p.year // 5 * 5 AS built, COUNT(DISTINCT f.tailnum) AS planes, ROUND(AVG(f.distance)) AS miles
FROM flights f
LEFT JOIN planes p USING (tailnum)
GROUP BY built
ORDER BY built NULLS LAST;

-- The same plane's next departure, by aircraft
SELECT tailnum, time_hour, dest, LEAD(time_hour) OVER (PARTITION BY tailnum ORDER BY time_hour, flight) AS next
FROM flights
WHERE tailnum = 'N328AA'
ORDER BY time_hour
LIMIT 10;

-- Local hour of departure against the hour in UTC
SELECT hour, EXTRACT(hour FROM time_hour AT TIME ZONE 'UTC') AS hour_utc, COUNT(*) AS flights
FROM flights
GROUP BY hour, hour_utc
ORDER BY hour, hour_utc;
