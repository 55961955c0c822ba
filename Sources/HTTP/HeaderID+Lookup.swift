import Bytes

extension HeaderID {
    /// The one known name that `name` may be, judged by its length and at most a few of its bytes.
    /// The caller compares the rest.
    static func candidate(for name: Span<UInt8>) -> HeaderID {
        switch name.count {
        case 2: .te
        case 3:
            switch name[0].lowercased {
            case UInt8(ascii: "a"): .age
            case UInt8(ascii: "d"): .dnt
            case UInt8(ascii: "v"): .via
            default: .other
            }
        case 4:
            switch name[0].lowercased {
            case UInt8(ascii: "d"): .date
            case UInt8(ascii: "e"): .etag
            case UInt8(ascii: "h"): .host
            case UInt8(ascii: "l"): .link
            case UInt8(ascii: "v"): .vary
            default: .other
            }
        case 5:
            switch name[0].lowercased {
            case UInt8(ascii: "a"): .allow
            case UInt8(ascii: "p"): .proxy
            case UInt8(ascii: "r"): .range
            case UInt8(ascii: "x"): .xPad
            default: .other
            }
        case 6:
            switch name[0].lowercased {
            case UInt8(ascii: "a"): .accept
            case UInt8(ascii: "c"): .cookie
            case UInt8(ascii: "e"): .expect
            case UInt8(ascii: "o"): .origin
            case UInt8(ascii: "p"): .pragma
            case UInt8(ascii: "s"): .server
            default: .other
            }
        case 7:
            switch name[0].lowercased {
            case UInt8(ascii: "a"): .altSvc
            case UInt8(ascii: "e"): .expires
            case UInt8(ascii: "r"):
                switch name[3].lowercased {
                case UInt8(ascii: "e"): .referer
                case UInt8(ascii: "r"): .refresh
                default: .other
                }
            case UInt8(ascii: "t"): .trailer
            case UInt8(ascii: "u"): .upgrade
            default: .other
            }
        case 8:
            switch name[3].lowercased {
            case UInt8(ascii: "a"): .location
            case UInt8(ascii: "c"): .xScheme
            case UInt8(ascii: "m"): .ifMatch
            case UInt8(ascii: "o"): .priority
            case UInt8(ascii: "r"): .ifRange
            default: .other
            }
        case 9:
            switch name[0].lowercased {
            case UInt8(ascii: "f"): .forwarded
            case UInt8(ascii: "s"): .secCHUA
            case UInt8(ascii: "x"): .xRealIP
            default: .other
            }
        case 10:
            switch name[0].lowercased {
            case UInt8(ascii: "c"): .connection
            case UInt8(ascii: "k"): .keepAlive
            case UInt8(ascii: "s"): .setCookie
            case UInt8(ascii: "t"): .tracestate
            case UInt8(ascii: "u"): .userAgent
            default: .other
            }
        case 11:
            switch name[0].lowercased {
            case UInt8(ascii: "r"): .retryAfter
            case UInt8(ascii: "t"): .traceparent
            default: .other
            }
        case 12:
            switch name[2].lowercased {
            case UInt8(ascii: "n"): .contentType
            case UInt8(ascii: "p"): .xPoweredBy
            case UInt8(ascii: "r"): .xRequestID
            case UInt8(ascii: "x"): .maxForwards
            default: .other
            }
        case 13:
            switch name[6].lowercased {
            case UInt8(ascii: "-"): .acceptRanges
            case UInt8(ascii: "c"): .cacheControl
            case UInt8(ascii: "e"): .ifNoneMatch
            case UInt8(ascii: "i"): .authorization
            case UInt8(ascii: "o"): .lastModified
            case UInt8(ascii: "t"): .contentRange
            default: .other
            }
        case 14:
            switch name[10].lowercased {
            case UInt8(ascii: "-"):
                switch name[13].lowercased {
                case UInt8(ascii: "i"): .xOriginalURI
                case UInt8(ascii: "l"): .xOriginalURL
                default: .other
                }
            case UInt8(ascii: "d"): .secFetchDest
            case UInt8(ascii: "i"): .http2Settings
            case UInt8(ascii: "m"): .secFetchMode
            case UInt8(ascii: "n"): .contentLength
            case UInt8(ascii: "s"): .secFetchSite
            case UInt8(ascii: "u"): .secFetchUser
            default: .other
            }
        case 15:
            switch name[9].lowercased {
            case UInt8(ascii: "c"): .acceptEncoding
            case UInt8(ascii: "e"): .xForwardedFor
            case UInt8(ascii: "h"): .xAccelCharset
            case UInt8(ascii: "n"): .acceptLanguage
            case UInt8(ascii: "p"): .xFrameOptions
            case UInt8(ascii: "t"): .sslClientCert
            case UInt8(ascii: "x"): .xAccelExpires
            default: .other
            }
        case 16:
            switch name[12].lowercased {
            case UInt8(ascii: "b"): .secCHUAMobile
            case UInt8(ascii: "c"): .wwwAuthenticate
            case UInt8(ascii: "d"): .contentEncoding
            case UInt8(ascii: "h"): .xForwardedHost
            case UInt8(ascii: "p"): .xForwardedPort
            case UInt8(ascii: "r"): .xAccelRedirect
            case UInt8(ascii: "t"):
                switch name[0].lowercased {
                case UInt8(ascii: "c"): .contentLocation
                case UInt8(ascii: "p"): .proxyConnection
                default: .other
                }
            case UInt8(ascii: "u"): .contentLanguage
            case UInt8(ascii: "w"): .xRequestedWith
            default: .other
            }
        case 17:
            switch name[8].lowercased {
            case UInt8(ascii: "-"): .transferEncoding
            case UInt8(ascii: "a"): .xOriginalMethod
            case UInt8(ascii: "b"): .xAccelBuffering
            case UInt8(ascii: "d"): .xForwardedProto
            case UInt8(ascii: "i"): .ifModifiedSince
            case UInt8(ascii: "n"): .sslClientVerify
            case UInt8(ascii: "o"): .secWebSocketKey
            default: .other
            }
        case 18:
            switch name[13].lowercased {
            case UInt8(ascii: "-"): .xAccelLimitRate
            case UInt8(ascii: "c"): .xForwardedScheme
            case UInt8(ascii: "e"): .xForwardedServer
            case UInt8(ascii: "i"): .proxyAuthenticate
            case UInt8(ascii: "r"): .xForwardedPrefix
            case UInt8(ascii: "t"): .secCHUAPlatform
            default: .other
            }
        case 19:
            switch name[0].lowercased {
            case UInt8(ascii: "a"): .authenticationInfo
            case UInt8(ascii: "c"): .contentDisposition
            case UInt8(ascii: "i"): .ifUnmodifiedSince
            case UInt8(ascii: "p"): .proxyAuthorization
            default: .other
            }
        case 20:
            switch name[1].lowercased {
            case UInt8(ascii: "e"): .secWebSocketAccept
            case UInt8(ascii: "s"): .sslClientIssuerDN
            default: .other
            }
        case 21:
            switch name[1].lowercased {
            case UInt8(ascii: "e"): .secWebSocketVersion
            case UInt8(ascii: "s"): .sslClientSubjectDN
            default: .other
            }
        case 22:
            switch name[0].lowercased {
            case UInt8(ascii: "a"): .accessControlMaxAge
            case UInt8(ascii: "s"): .secWebSocketProtocol
            case UInt8(ascii: "x"): .xContentTypeOptions
            default: .other
            }
        case 23:
            switch name[0].lowercased {
            case UInt8(ascii: "c"): .contentSecurityPolicy
            case UInt8(ascii: "x"): .xAuthRequestRedirect
            default: .other
            }
        case 24:
            switch name[0].lowercased {
            case UInt8(ascii: "s"): .secWebSocketExtensions
            case UInt8(ascii: "x"): .xOriginalForwardedFor
            default: .other
            }
        case 25:
            switch name[0].lowercased {
            case UInt8(ascii: "s"): .strictTransportSecurity
            case UInt8(ascii: "u"): .upgradeInsecureRequests
            case UInt8(ascii: "x"): .xOriginalForwardedHost
            default: .other
            }
        case 27: .accessControlAllowOrigin
        case 28:
            switch name[21].lowercased {
            case UInt8(ascii: "h"): .accessControlAllowHeaders
            case UInt8(ascii: "m"): .accessControlAllowMethods
            default: .other
            }
        case 29:
            switch name[15].lowercased {
            case UInt8(ascii: "e"): .accessControlExposeHeaders
            case UInt8(ascii: "r"): .accessControlRequestMethod
            default: .other
            }
        case 30: .accessControlRequestHeaders
        case 32: .accessControlAllowCredentials
        default: .other
        }
    }
}
