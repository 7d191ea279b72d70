/**
 * @file Two small FLAC files written by libsndfile 1.2 (libFLAC 1.4.3) from formulas, which are given as the expected
 * values. Both hold the largest and the smallest value.
 */

/** 700 samples, 2 channels, 16 bits, 8000 Hz. */
export const stereo16 = {
  bytes: decode(
    'ZkxhQwAAACIQABAAAAWEAAWEAfQC8AAAArzkC3b/mSiXOS3tvW/njbM+hAAAKCAAAAByZWZlcmVuY2UgbGliRkxBQyAxLjQuMyAyMDIzMDYyMwAA' +
      'AAD/+HQYAAK78E75wAZyBdsFQQSkBAMQpA/2tZoZoQiH/BUSGmWuWwV9DxfAAAAAAq9AAAAAAAmYE9QF5ItpAB2UAJvAAAAAN7SacACrrAyF6FIn' +
      '6738Bg6gqRe3ZXRXJQPwYpGbVrRLMIf4kSRT+H+2LOMdNbWFVlVFIbI2oDpypipUlXljISEUqKmWmXVSnRNRBQxMbMeptoQoOoOmVmVIIkX6LmW2' +
      'WdR7SRSZSpKPKCoRp4qAqIkPkFIvEDaA2LmK1LzYhY5ZRDXDCkttetqt2gfgVJrPK/HYNoQERt/WAGBUN0OiFvCrC7DKJSJYpQ6P6Li8i8QN4xYw' +
      'YtRbRYILcTsRsPIlIjCjjrfruISHRDfgJfxfRBtBQi/u0uguSgfgxJdvgfi4VYZUp9jlh1fkWsYqa+sSrKqKQ+qOhIgjORxpnUExHlDImOq315Mt' +
      '4ewxhKytmQgwTNJm2DsKZfxFiTE1e67mS8dY8yFVWp4RsI3kY6H0HLq622BsqZcwSx+/uFcWj/HMKnPEu8wjgyTl9N7D3kIoWEof0fw/xF6MwYka' +
      '5axk9KIhqicikipLKWBCdFhFZFCV0qgy00e0jLKUxDlEBDRCqP0dCOaAH9vzQ0hMF0HI3MYFQFJ39+7h16KsZSp/IOHb8lrMUJwEEyD85Z6l3dKa' +
      'GztTeopinJWQMbV1r6EMCXpL+vtgzMOGsMYUsjZEzThbC2GLC2FCGhKklHVOpph3NGcM8UhouXn1FqzXE35phO5+l9uQtR5Ki9G6l16G8Kye/lPP' +
      'emglBoLuN+t4xgjQRnQeQkQqkdJIiCiEiIiRKaUgZeaFaFmBL4g6i8iwipKqURD1DpDBCSPEbgw02q2/F6JxJn7HyPdQIgKTv8B27rkVYyhUB7V8' +
      'GRMnSwu7NtbInPPcu/pLQmdqd1FCMhI0krVWr5kHGmLMSWDsSZpwlg7BVmbNhBwmSTHr3XkyjjLG2PKx1dMX5YzBmamNKQksRDIbzhmuWl3RvLfk' +
      'l5FlWeZc+6VEmH4WEdTdFgdBglr9b8H6InRYI8oHILINSAkIGQGn2mZZS0IQovIuIuS6lsQnRURSRKlJJwMnNPtTyakgRTQiQWQKqLUTCTf2Pke4' +
      'gRAcLPOquxwphyUj6VzjlEiZNlhd1ba2VOme4SwIhkUaJ0jMD5sy9lSrNZTJOLsTYcsXZEIQEySZdhbEmY8NYaw1Yew5l/E2KMWVvrWEUiRpIOl9' +
      'KS/OkNNaknrOktvtLb27JWyfCkT2b0sT4glEe+eG8lAOAxMX4XzPrQ+iMGBm02y5CSKIjoeIgIiSklQQtRSRQRQldKoMwNDtDy8lsQnRQRKRAktI' +
      'oiyg4gkgNFaJAX0b9cJhhCImL6jzHiIUw7KR9M51yiRMmwoU/W/vL2Z5bfXGqNNUXpKYJzRlzJ1Xa0hEIlWSvrfXcyriTDmFrH2RM24QwgMCcQJt' +
      'QmHiT0CX2ToitZs5itCmXsVv5lktypbNO3Tk8acyoykUl27XXS5SFIVv0XKi771PyOliKTxNcnM7JY3bpNZs5PcpDkXsvRUWoqORa33axO1ZxPG5' +
      'imnRiiFM+YrdHSOkdllisuXI6TpKl02miVrCKifJFM6S5WchdI7LLL2OIdMrKlT5LqT5JMziLk5FSxPN90dnYqRcrPorKi5PNW6clmZxPEglqJoQ' +
      'Yk8nTTTjEejLGCGuIxGSRiIwuFkwQwrLLicvEDBDkadOZGnEMpiMTLJhMpQjCsTCGFymEGKeT70adGTtNTLJpSxaUIwtEYIykwgwQYIMujJ6NOQY' +
      'QycjLIYIYRklwIMExVCYuRDC+IZWyNNHJ8yOIYnRGLwjFMCDBcJkkwjFyshi+jEGENPWYjtMjK5RGKWEMFrCMLkRiQDPMw==',
  ),
  left: (i: number) =>
    i === 10 ? -32768 : i === 11 ? 32767 : Math.round(9000 * Math.sin(i * 0.05) + 200 * (((i * 7919) % 17) - 8)),
  right: (i: number) => Math.round(5000 * Math.cos(i * 0.11)),
};

/** 450 samples, 1 channel, 24 bits, 16000 Hz. */
export const mono24 = {
  bytes: decode(
    'ZkxhQwAAACIQABAAAAStAAStA+gBcAAAAcJtRBqA13aiaeS+RfFTCDgXhAAAKCAAAAByZWZlcmVuY2UgbGliRkxBQyAxLjQuMyAyMDIzMDYyMwAA' +
      'AAD/+HUMAAHB806AAAB///8GF+YJHvkMIDUPGbASCYEU7cfnLREQTArUgR+0c7gdsnNkoxAAAAAR76gAAAAAAAGJ4CmZZSTYomaT+WJzIkywyVmR' +
      'IuIjOuRAXILVP1KvdvvFJOrZOQlt0yNYBs6bscCr88LdNq87KcLJ7BpZko35IWEoLzYto5PX5w6aSJ6zCbTd7zYcSrcxS9PIdsJ+IQejX+9c/WZ/' +
      'uL0CXqGf1FvSkBtSi/phGU3lKe61Q02o/pUvKqdl1Q9qpJNUsSqTNVEwqeRVMPqkQtQ/in0/Th4pjFUp16Qs9GD6hzBQPX/im+zX+Bw9N48X77f/' +
      '6mM5qu4ts3vR2vn1u30tNzqzynzxkZwgvwjARmrSqFTtDUvcVxEWxyXxaYvyZswaoLbh5cZzdPseDee0/fkKIIakOuiMSBIbQlQ+THJJxZE+0iiE' +
      'xSKopi4U85KigFSbypYpUkMqHSU62KXXFH0ShkhPacm66TBOJQ+Ef6yLUZDKkgQE+1u9Wa7yc6KA4dW2s204qzBMxGovJUtJqrH0pEQm/Ok5CiyI' +
      'gquhcvjj/lqtnwdp1Br3/t5Fv35x0Pztp1j/3W15F76xD8X596J/XpQYDog2UaJKRlNK3SmX/TnGp/h1E9Kkq1TOSp89VGAqlGVSvapC9UJepyDU' +
      'sVqOJ1CQ6eUlNjml4TScWo8z0VAKFdFACb9L76Lv3CTzv7wVXsy/pJjlZfhjbdn/ZnzVjjRbzNRXJEvSBNqwBPmA5yQPrCDAqQgbqFFmQw3qHHSR' +
      'A0SJEcRQHaK7yRenSMsJRsKqOUYR4pCPzeSD6KRIdSN3CSSdSWZCTQySda6UCzSi4SUoASmtSVAASo3qVKkSpWaVHmSoIiU3JSlPSUZWSgsKTugS' +
      'aiiS3CSS16RzgSJriQkmR/JCPLHRzVKNn5RmXqL7+RYYqKIaRJhKIOZQ56yGPHQpvKEL0QZI6CF4QISaABawIpOCIswZfGEOmwqFGGRzw6P+IQ/x' +
      'J1uKK5xYr+L+TxmpuNqDxzluPNEx/X+QmWyJ4mR1ByTBGS4TyarmTvgygzOUaFylUGU3nyoK+VHyypWmVKdyo12U/lympGUnUyixuUB2ydSWTPky' +
      'WOWSRAyNqORGvyDrmPxix4Y2OSQxr4+Mp0xeUOK5UxPy+JB1xAeuHElwwheFCywgFGC9zwPT+A25wBmqBQjQSgSDXMQjOKFbrQzlqHcsRDcCJY8R' +
      'SnSLPNRg9qM+QRuWKOlCR6n6QCfSFraRVrSPZSSdySXriTaFSecyUJ+Sjo6Us9SnMKVCuSpEiVLCSpQyVFySnwyUzESkliUTDSfxCTmDSZWaSshS' +
      'RZyRnBSIACQWRR9PaO7FAIXn+db1gEym6AqtgQAAAJ1C65/1IK2FkJg4MBo1AgsNfAAGjcRBZG5BCTJ2T0xAzEYgVbrgAABUcrgAAS7VsBJvZT8i' +
      '4sHb2BqKegs4OAAGeGbBacWhA9r2Oe7AzvHQVxDAADUbsgr4DQh097Mn8gZMfwKi/gAAApi8wAAJohGAljF5/oOWJJDA0Z2QWGaYADRwxgsiyQhK' +
      'O7J9BgZh3IKtrQAAAqNrwAAJd1aAhwk=',
  ),
  sample: (i: number) => {
    if (i < 2) return i === 0 ? -(2 ** 23) : 2 ** 23 - 1;
    return i < 400 ? Math.round(4e6 * Math.sin(i * 0.05)) : ((i * 7919 * 331) % 2 ** 24) - 2 ** 23;
  },
};

function decode(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}
