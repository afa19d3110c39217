// libcurl against a real https server.
#include "services/common/http/curl_poster.h"

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"
#include "tests/integration/http/https_server.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::http {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class CurlPosterTest : public testing::Test {
 protected:
  PostRequest RequestTo(const std::string& url) const {
    PostRequest request;
    request.url = url;
    request.headers = {{"Content-Type", "application/json"}, {"X-Y", "z"}};
    request.body = "{\"a\":1}";
    return request;
  }
  absl::StatusOr<int> Post(const std::string& path = "/hook?x=1") {
    return poster_->Post(RequestTo(server_.Url(path)));
  }

  const dev_ca::TestCa ca_;
  const rpc::TlsFiles files_ = ca_.Files("service/challenge");
  const HttpsServer server_{files_};
  const std::unique_ptr<HttpsPoster> poster_ = MakeCurlPoster(files_.roots);
};

TEST_F(CurlPosterTest, TheBodyArrivesAndTheCodeComesBack) {
  EXPECT_THAT(Post(), IsOkAndHolds(200));
  const auto requests = server_.Requests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0]["path"], "/hook?x=1");
  EXPECT_EQ(requests[0]["body"], "{\"a\":1}");
  EXPECT_EQ(requests[0]["headers"]["X-Y"], "z");
  EXPECT_EQ(requests[0]["headers"]["Content-Type"], "application/json");
  EXPECT_FALSE(requests[0]["headers"].contains("Expect"));
}

TEST_F(CurlPosterTest, TheConnectionIsKept) {
  ASSERT_OK(Post());
  ASSERT_OK(Post());
  const auto requests = server_.Requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0]["connection"], requests[1]["connection"]);
}

TEST_F(CurlPosterTest, OtherCodesAreAnswersToo) {
  server_.Answer("503");
  EXPECT_THAT(Post(), IsOkAndHolds(503));
}

TEST_F(CurlPosterTest, ARedirectIsNotFollowed) {
  server_.Answer("moved " + server_.Url("/elsewhere"));
  EXPECT_THAT(Post(), IsOkAndHolds(307));
  EXPECT_THAT(server_.Requests(), SizeIs(1));
}

TEST_F(CurlPosterTest, ALongAnswerIsCutOff) {
  server_.Answer("big");
  EXPECT_THAT(Post(), IsOkAndHolds(200));
}

TEST_F(CurlPosterTest, ASlowServerIsNotWaitedFor) {
  server_.Answer("slow");
  PostRequest request = RequestTo(server_.Url("/"));
  request.timeout = absl::Milliseconds(300);
  EXPECT_THAT(poster_->Post(request), HasReason(reason::kPeerUnavailable));
}

TEST_F(CurlPosterTest, WhatRunsEndsWhenItStops) {
  server_.Answer("slow");
  std::thread stop([this] {
    server_.WaitFor(1);
    poster_->Stop();
  });
  PostRequest request = RequestTo(server_.Url("/"));
  request.timeout = absl::Seconds(15);
  EXPECT_TRUE(absl::IsCancelled(poster_->Post(request).status()));
  stop.join();
  EXPECT_TRUE(absl::IsCancelled(Post().status()));
}

TEST_F(CurlPosterTest, ACertificateOfAnotherCaIsRefused) {
  const dev_ca::TestCa other;
  const auto poster = MakeCurlPoster(other.Files("service/challenge").roots);
  EXPECT_THAT(poster->Post(RequestTo(server_.Url("/"))),
              HasReason(reason::kPeerUnavailable));
  EXPECT_THAT(server_.Requests(), IsEmpty());
}

TEST_F(CurlPosterTest, TheMachinesCasDoNotVouchForIt) {
  unsetenv("SSL_CERT_FILE");
  EXPECT_THAT(MakeCurlPoster()->Post(RequestTo(server_.Url("/"))),
              HasReason(reason::kPeerUnavailable));
  EXPECT_THAT(server_.Requests(), IsEmpty());
}

TEST_F(CurlPosterTest, TheEnvironmentNamesTheCas) {
  setenv("SSL_CERT_FILE", files_.roots.c_str(), 1);
  EXPECT_THAT(MakeCurlPoster()->Post(RequestTo(server_.Url("/"))),
              IsOkAndHolds(200));
  unsetenv("SSL_CERT_FILE");
}

TEST_F(CurlPosterTest, ACertificateForAnotherNameIsRefused) {
  const std::string by_number =
      absl::StrReplaceAll(server_.Url("/"), {{"localhost", "127.0.0.1"}});
  EXPECT_THAT(poster_->Post(RequestTo(by_number)),
              HasReason(reason::kPeerUnavailable));
  EXPECT_THAT(server_.Requests(), IsEmpty());
}

TEST_F(CurlPosterTest, NothingGoesInTheClear) {
  const std::string plain =
      absl::StrReplaceAll(server_.Url("/"), {{"https", "http"}});
  EXPECT_FALSE(poster_->Post(RequestTo(plain)).ok());
  EXPECT_FALSE(poster_->Post(RequestTo("file:///etc/hostname")).ok());
}

TEST_F(CurlPosterTest, AProxyOfTheEnvironmentIsNotAsked) {
  setenv("https_proxy", "http://127.0.0.1:9", 1);
  EXPECT_THAT(Post(), IsOkAndHolds(200));
  unsetenv("https_proxy");
}

}  // namespace
}  // namespace u2fi::http
