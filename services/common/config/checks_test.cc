#include "services/common/config/checks.h"

#include <functional>
#include <string>

#include "google/protobuf/util/json_util.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::config {
namespace {

using testing::HasSubstr;

template <typename Message>
Message Parse(const std::string& json) {
  Message message;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &message).ok());
  return message;
}

// What `check` finds in the message with this JSON form.
template <typename Message>
std::string Find(void (*check)(absl::string_view, const Message&, Checks&),
                 const std::string& json) {
  Checks checks;
  check("p", Parse<Message>(json), checks);
  return std::string(checks.Result().message());
}

TEST(ChecksTest, WithoutAProblemTheResultIsOk) { EXPECT_OK(Checks().Result()); }

TEST(ChecksTest, TellsEveryProblemWithItsKey) {
  Checks checks;
  checks.Required("a", "");
  checks.Require(false, "b", "is odd");
  EXPECT_THAT(checks.Result(), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(checks.Result().message(), "a: is required\nb: is odd");
}

TEST(ChecksTest, RangesHoldTheirEnds) {
  Checks good;
  good.Range("a", 1, 1, 10);
  good.Range("a", 10, 1, 10);
  EXPECT_OK(good.Result());
  Checks bad;
  bad.Range("a", 11, 1, 10);
  EXPECT_EQ(bad.Result().message(), "a: must be from 1 to 10");
}

TEST(ChecksTest, ZeroIsTheDefaultAndGood) {
  Checks checks;
  checks.Range("a", 0, 5, 10);
  EXPECT_OK(checks.Result());
}

TEST(ChecksTest, DurationsHoldTheirEnds) {
  google::protobuf::Duration second;
  second.set_seconds(1);
  Checks good;
  good.Range("a", true, second, absl::Seconds(1), absl::Seconds(1));
  good.Range("a", false, {}, absl::Seconds(1), absl::Seconds(1));
  EXPECT_OK(good.Result());
  Checks bad;
  bad.Range("a", true, second, absl::Milliseconds(1001), absl::Hours(1));
  bad.Range("a", true, {}, absl::Milliseconds(1), absl::Hours(1));
  EXPECT_EQ(bad.Result().message(),
            "a: must be from 1.001s to 1h\na: must be from 1ms to 1h");
}

TEST(ChecksTest, AddressesHaveAPort) {
  for (const char* address : {":0", "h:65535", "[::1]:80"}) {
    Checks checks;
    checks.Address("a", address);
    EXPECT_OK(checks.Result());
  }
  for (const char* address :
       {"", "h", "h:", "h:x", "h:65536", "h:-1", "fd00::1:80", "[::1:80"}) {
    Checks checks;
    checks.Address("a", address);
    EXPECT_FALSE(checks.Result().ok()) << address;
  }
}

TEST(ChecksTest, DomainsAreNamesAndNothingElse) {
  for (const char* name : {"localhost", "iot.example.com", "a-1.b_2"}) {
    Checks checks;
    checks.Domain("a", name);
    EXPECT_OK(checks.Result()) << name;
  }
  for (const char* name : {"", "https://a.example", "a.example/", "a.example:1",
                           "A.example", "a..b", ".a", "a.", "-a", "a-.b"}) {
    Checks checks;
    checks.Domain("a", name);
    EXPECT_EQ(checks.Result().message(),
              "a: must be a domain name in lower case")
        << name;
  }
}

TEST(ChecksTest, OriginsAreAsBrowsersWriteThem) {
  for (const char* origin :
       {"https://a", "https://iot.example.com", "https://a.example:8443"}) {
    Checks checks;
    checks.Origin("a", origin);
    EXPECT_OK(checks.Result()) << origin;
  }
  for (const char* origin :
       {"", "http://a", "https://", "https://a/", "https://a/path",
        "https://a:443", "https://a:", "https://a:0", "https://a:08443",
        "https://a:65536", "https://A", "https://u@a", "https://*.a"}) {
    Checks checks;
    checks.Origin("a", origin);
    EXPECT_FALSE(checks.Result().ok()) << origin;
  }
}

TEST(ChecksTest, TlsNeedsItsFilesAndTheTrustDomain) {
  EXPECT_EQ(Find(CheckTls, R"({"certificate_file":"a","key_file":"b",)"
                           R"("ca_file":"c","trust_domain":"d"})"),
            "");
  EXPECT_EQ(Find(CheckTls, "{}"),
            "p.certificate_file: is required\np.key_file: is required\n"
            "p.ca_file: is required\np.trust_domain: is required");
}

TEST(ChecksTest, ATrustDomainIsNoUri) {
  EXPECT_THAT(Find(CheckTls, R"({"certificate_file":"a","key_file":"b",)"
                             R"("ca_file":"c","trust_domain":"spiffe://d"})"),
              HasSubstr("p.trust_domain: must be a domain name"));
}

TEST(ChecksTest, ListenNeedsAnAddress) {
  EXPECT_EQ(Find(CheckListen, R"({"address":":1"})"), "");
  EXPECT_EQ(Find(CheckListen, "{}"), "p.address: must be host:port");
}

TEST(ChecksTest, ListenKeepsItsBounds) {
  for (const char* part :
       {R"("health_address":"x")", R"("reflection_callers":["ann"])",
        R"("streams_per_caller":1001)", R"("memory_mib":15)",
        R"("accepts_per_second":10001)", R"("shutdown_grace":"0.5s")"}) {
    EXPECT_NE(
        Find(CheckListen, std::string(R"({"address":":1",)") + part + "}"), "")
        << part;
  }
}

TEST(ChecksTest, APeerNeedsATarget) {
  EXPECT_EQ(Find(CheckPeer, R"({"target":"dns:///a:1"})"), "");
  EXPECT_EQ(Find(CheckPeer, "{}"), "p.target: is required");
  EXPECT_THAT(Find(CheckPeer, R"({"target":"a","deadline":"61s"})"),
              HasSubstr("p.deadline"));
}

TEST(ChecksTest, AStoreNeedsAnEngine) {
  EXPECT_EQ(Find(CheckStore, R"({"memory":{}})"), "");
  EXPECT_EQ(Find(CheckStore, R"({"sqlite":{"file":"f"}})"), "");
  EXPECT_EQ(Find(CheckStore, R"({"redis":{"addresses":["h:1"]}})"), "");
  EXPECT_EQ(Find(CheckStore, "{}"), "p: needs memory, sqlite or redis");
}

TEST(ChecksTest, EnginesKeepTheirBounds) {
  for (
      const char* store :
      {R"({"sqlite":{}})", R"({"redis":{}})",
       R"({"redis":{"addresses":["a:1"],"password":"x","password_file":"y"}})",
       R"({"redis":{"addresses":["a:1"],"sentinel_master":"m",
                     "sentinel_password":"x","sentinel_password_file":"y"}})",
       R"({"redis":{"addresses":["a:1"],"sentinel_password":"x"}})",
       R"({"redis":{"addresses":["a:1"],"sentinel_user":"x","sentinel_password":"y"}})",
       R"({"redis":{"addresses":["a:1"],"tls":{}}})",
       R"({"redis":{"addresses":["a:1"],"connections":65}})",
       R"({"redis":{"addresses":["a:1"],"command_timeout":"11s"}})",
       R"({"redis":{"addresses":["a:1"],"wait_replicas":6}})"}) {
    EXPECT_NE(Find(CheckStore, store), "") << store;
  }
}

TEST(ChecksTest, AUserOfRedisHasAPassword) {
  EXPECT_EQ(Find(CheckStore, R"({"redis":{"addresses":["h:1"],"user":"x"}})"),
            "p.redis.user: needs a password");
  EXPECT_EQ(Find(CheckStore, R"({"redis":{"addresses":["h:1"],)"
                             R"("sentinel_master":"m","sentinel_user":"x"}})"),
            "p.redis.sentinel_user: needs a password");
  EXPECT_EQ(Find(CheckStore, R"({"redis":{"addresses":["h:1"],"user":"x",)"
                             R"("password_file":"f"}})"),
            "");
}

TEST(ChecksTest, AddressesOfRedisHaveAPortOrArePaths) {
  EXPECT_EQ(Find(CheckStore,
                 R"({"redis":{"addresses":["unix:/r.sock","[::1]:6379"]}})"),
            "");
  EXPECT_EQ(Find(CheckStore, R"({"redis":{"addresses":["redis"]}})"),
            "p.redis.addresses: must be host:port");
}

TEST(ChecksTest, ALogHasAKnownLevelAndFormat) {
  EXPECT_EQ(Find(CheckLog, R"({"level":"LOG_LEVEL_DEBUG"})"), "");
  EXPECT_EQ(Find(CheckLog, R"({"level":99,"format":99})"),
            "p.level: is unknown\np.format: is unknown");
}

TEST(ChecksTest, MetricsMayHaveNoAddress) {
  EXPECT_EQ(Find(CheckMetrics, "{}"), "");
  EXPECT_EQ(Find(CheckMetrics, R"({"address":"x"})"),
            "p.address: must be host:port");
}

TEST(ChecksTest, AuditKeepsItsBounds) {
  EXPECT_EQ(Find(CheckAudit, "{}"), "");
  EXPECT_NE(Find(CheckAudit, R"({"checkpoint_rows":1001})"), "");
  EXPECT_NE(Find(CheckAudit, R"({"checkpoint_interval":"11s"})"), "");
}

TEST(ChecksTest, ARelyingPartyHasAnIdAndHttpsOrigins) {
  EXPECT_EQ(Find(CheckRelyingParty,
                 R"({"rp_id":"a.example","origins":["https://a.example"]})"),
            "");
  EXPECT_EQ(Find(CheckRelyingParty, "{}"), "p.rp_id: is required");
  EXPECT_NE(Find(CheckRelyingParty, R"({"rp_id":"a","origins":["http://a"]})"),
            "");
  EXPECT_THAT(Find(CheckRelyingParty, R"({"rp_id":"https://a"})"),
              HasSubstr("p.rp_id: must be a domain name"));
}

TEST(ChecksTest, AnOidcIssuerIsComplete) {
  EXPECT_EQ(Find(CheckOidc, R"({"tenant":"t","issuer":"i","audience":"a",)"
                            R"("jwks_file":"f"})"),
            "");
  EXPECT_EQ(Find(CheckOidc, "{}"),
            "p.tenant: is required\np.issuer: is required\n"
            "p.audience: is required\np.jwks_file: is required");
}

TEST(ChecksTest, DefaultsStandForWhatIsAbsent) {
  google::protobuf::Duration two;
  two.set_seconds(2);
  EXPECT_EQ(DurationOr(true, two, absl::Seconds(5)), absl::Seconds(2));
  EXPECT_EQ(DurationOr(false, two, absl::Seconds(5)), absl::Seconds(5));
  EXPECT_EQ(NumberOr(0, 7), 7u);
  EXPECT_EQ(NumberOr(3, 7), 3u);
}

}  // namespace
}  // namespace u2fi::config
