import Model

/// Where clients are: `$geoip2_…`.
let geoKeys = [
    ConfigKey(
        "use-geoip2", .flag, default: "false", \.settings.geo.isOn,
        "Looks places of addresses up in MaxMind's databases, for `$geoip2_…` ([more](geoip.md))."),
    ConfigKey(
        "geoip2-autoreload-in-minutes", .integer(in: 0...Int(Int32.max)), default: "0", \.settings.geo.rereadMinutes,
        "After so many minutes the databases' files are looked at again, should nothing have announced a change; 0 is never."
    ),
]
