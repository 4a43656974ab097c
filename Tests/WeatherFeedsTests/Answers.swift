/// Answers in the providers' own shapes, shortened to a few hours.
enum Answers {
    static let weatherAPI = """
        {"location": {"name": "London", "region": "City of London, Greater London", "country": "United Kingdom",
          "lat": 51.52, "lon": -0.11, "tz_id": "Europe/London", "localtime_epoch": 1784030400,
          "localtime": "2026-07-14 13:00"},
         "current": {"last_updated_epoch": 1784030400, "last_updated": "2026-07-14 13:00", "temp_c": 24.3,
          "temp_f": 75.7, "is_day": 1, "condition": {"text": "Sunny", "icon": "//cdn.weatherapi.com/113.png",
          "code": 1000}, "wind_kph": 11.2, "humidity": 47, "uv": 5.0},
         "forecast": {"forecastday": [
          {"date": "2026-07-14", "date_epoch": 1783987200, "day": {"maxtemp_c": 25.1, "mintemp_c": 14.0},
           "astro": {"sunrise": "04:58 AM"}, "hour": [
            {"time_epoch": 1784026800, "time": "2026-07-14 12:00", "temp_c": 23.0, "temp_f": 73.4, "is_day": 1},
            {"time_epoch": 1784030400, "time": "2026-07-14 13:00", "temp_c": 24.3, "temp_f": 75.7, "is_day": 1}]},
          {"date": "2026-07-15", "date_epoch": 1784073600, "day": {"maxtemp_c": 26.0}, "astro": {}, "hour": [
            {"time_epoch": 1784034000, "time": "2026-07-14 14:00", "temp_c": -0.5, "temp_f": 31.1, "is_day": 1}]}]}}
        """

    static let openWeatherMap = """
        {"lat": 33.44, "lon": -94.04, "timezone": "America/Chicago", "timezone_offset": -18000,
         "current": {"dt": 1784030590, "sunrise": 1784000000, "temp": 29.55, "feels_like": 31.87, "pressure": 1014,
          "humidity": 89, "weather": [{"id": 803, "main": "Clouds", "description": "broken clouds", "icon": "04d"}]},
         "hourly": [
          {"dt": 1784030400, "temp": 29.01, "feels_like": 30.33, "pressure": 1014, "humidity": 91, "pop": 0.15},
          {"dt": 1784034000, "temp": 30, "feels_like": 31.33, "pressure": 1014, "humidity": 90, "pop": 0}]}
        """

    static let point = """
        {"@context": ["https://geojson.org/geojson-ld/geojson-context.jsonld", {"@version": "1.1"}],
         "id": "https://api.weather.gov/points/39.7,-97", "type": "Feature",
         "geometry": {"type": "Point", "coordinates": [-97, 39.7]},
         "properties": {"@type": "wx:Point", "cwa": "TOP", "gridId": "TOP", "gridX": 31, "gridY": 80,
          "forecast": "https://api.weather.gov/gridpoints/TOP/31,80/forecast",
          "forecastHourly": "https://evil.example/gridpoints/TOP/31,80/forecast/hourly",
          "timeZone": "America/Chicago", "radarStation": "KTWX"}}
        """

    static let noaa = """
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[-97.1, 39.7]]]},
         "properties": {"units": "us", "forecastGenerator": "HourlyForecastGenerator",
          "generatedAt": "2026-07-14T12:10:30+00:00", "updateTime": "2026-07-14T09:41:00+00:00",
          "validTimes": "2026-07-14T03:00:00+00:00/P7DT22H", "elevation": {"unitCode": "wmoUnit:m", "value": 442.8},
          "periods": [
           {"number": 1, "name": "", "startTime": "2026-07-14T07:00:00-05:00", "endTime": "2026-07-14T08:00:00-05:00",
            "isDaytime": true, "temperature": 77, "temperatureUnit": "F", "temperatureTrend": null,
            "probabilityOfPrecipitation": {"unitCode": "wmoUnit:percent", "value": 0},
            "dewpoint": {"unitCode": "wmoUnit:degC", "value": 16.1}, "windSpeed": "10 mph", "windDirection": "S"},
           {"number": 2, "startTime": "2026-07-14T08:00:00-05:00", "temperature": 25.5, "temperatureUnit": "C"},
           {"number": 3, "startTime": "2026-07-14T09:00:00-05:00",
            "temperature": {"unitCode": "wmoUnit:degC", "value": 26.25}},
           {"number": 4, "startTime": "2026-07-14T10:00:00-05:00",
            "temperature": {"unitCode": "wmoUnit:degF", "value": 32}}]}}
        """
}
