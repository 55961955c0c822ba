/// A kind of MaxMind database, by what it says of addresses.
public enum GeoEdition: String, Sendable, Hashable, CaseIterable {
    case city = "City"
    case country = "Country"
    case asn = "ASN"
    case isp = "ISP"
    case connectionType = "Connection-Type"
    case anonymousIP = "Anonymous-IP"

    /// The files that may hold it, the fullest first: those that ingress-nginx reads. The first that is there is used.
    public var fileNames: [String] {
        switch self {
        case .city, .country, .asn: ["GeoIP2-\(rawValue).mmdb", "GeoLite2-\(rawValue).mmdb"]
        case .isp, .connectionType, .anonymousIP: ["GeoIP2-\(rawValue).mmdb"]
        }
    }
}

/// A variable that says where an address is, or whose it is: `$geoip2_city_country_code`. Names, paths and defaults are those
/// of ingress-nginx's template.
public struct GeoVariable: Sendable, Hashable {
    /// One place where the value may stand.
    public struct Source: Sendable, Hashable {
        public let edition: GeoEdition
        /// Keys of maps, and places in arrays, from the outside in.
        public let path: [String]
        /// What a database says that knows nothing of the address.
        public let standard: String

        init(_ edition: GeoEdition, _ path: String, default standard: String = "") {
            self.edition = edition
            self.path = path.split(separator: " ").map(String.init)
            self.standard = standard
        }
    }

    /// Its place in `all`.
    public let number: Int
    /// Without the `$`.
    public let name: String
    /// Where to look; of several databases the first that is there answers.
    public let sources: [Source]

    /// What all names begin with.
    public static let prefix = "geoip2_"

    /// The one of a name, or nil.
    public static func named(_ name: String) -> GeoVariable? {
        name.hasPrefix(prefix) ? numbers[name].map { all[$0] } : nil
    }

    public static let all: [GeoVariable] = table.enumerated().map { number, row in
        GeoVariable(number: number, name: prefix + row.name, sources: row.sources)
    }

    private static let numbers = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.number) })

    private static let table: [(name: String, sources: [Source])] = [
        ("country_code", [Source(.country, "country iso_code")]),
        ("country_name", [Source(.country, "country names en")]),
        ("country_geoname_id", [Source(.country, "country geoname_id")]),
        ("continent_code", [Source(.country, "continent code")]),
        ("continent_name", [Source(.country, "continent names en")]),
        ("continent_geoname_id", [Source(.country, "continent geoname_id")]),
        ("city_country_code", [Source(.city, "country iso_code")]),
        ("city_country_name", [Source(.city, "country names en")]),
        ("city_country_geoname_id", [Source(.city, "country geoname_id")]),
        ("city_continent_code", [Source(.city, "continent code")]),
        ("city_continent_name", [Source(.city, "continent names en")]),
        ("city", [Source(.city, "city names en")]),
        ("city_geoname_id", [Source(.city, "city geoname_id")]),
        ("postal_code", [Source(.city, "postal code")]),
        ("dma_code", [Source(.city, "location metro_code")]),
        ("latitude", [Source(.city, "location latitude")]),
        ("longitude", [Source(.city, "location longitude")]),
        ("time_zone", [Source(.city, "location time_zone")]),
        ("region_code", [Source(.city, "subdivisions 0 iso_code")]),
        ("region_name", [Source(.city, "subdivisions 0 names en")]),
        ("region_geoname_id", [Source(.city, "subdivisions 0 geoname_id")]),
        ("subregion_code", [Source(.city, "subdivisions 1 iso_code")]),
        ("subregion_name", [Source(.city, "subdivisions 1 names en")]),
        ("subregion_geoname_id", [Source(.city, "subdivisions 1 geoname_id")]),
        (
            "asn",
            [
                Source(.asn, "autonomous_system_number"),
                Source(.isp, "autonomous_system_number", default: "0"),
            ]
        ),
        ("org", [Source(.asn, "autonomous_system_organization")]),
        ("isp", [Source(.isp, "isp")]),
        ("isp_org", [Source(.isp, "organization")]),
        ("connection_type", [Source(.connectionType, "connection_type")]),
        ("is_anon", [Source(.anonymousIP, "is_anonymous")]),
        ("is_anonymous", [Source(.anonymousIP, "is_anonymous", default: "0")]),
        ("is_anonymous_vpn", [Source(.anonymousIP, "is_anonymous_vpn", default: "0")]),
        ("is_hosting_provider", [Source(.anonymousIP, "is_hosting_provider", default: "0")]),
        ("is_public_proxy", [Source(.anonymousIP, "is_public_proxy", default: "0")]),
        ("is_tor_exit_node", [Source(.anonymousIP, "is_tor_exit_node", default: "0")]),
    ]
}
