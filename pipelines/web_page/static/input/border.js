// Landmarks as shares of pictures with a border around them; trackers add one to find hands at the edge.

/**
 * Turn landmarks that are shares of pictures with one border to shares of pictures with another.
 *
 * @param {{hands}[]} pictures - What MediaPipe found.
 * @param {number} from - Width of the border there, as a share of the picture's size.
 * @param {number} to - Width of the border that is wanted.
 */
export function withBorder(pictures, from, to) {
  if (from === to) return pictures;
  const scale = (1 + 2 * from) / (1 + 2 * to);
  const shift = (to - from) / (1 + 2 * to);
  const turned = ({ x, y, z }) => ({ x: x * scale + shift, y: y * scale + shift, z: z * scale });
  return pictures.map((picture) => ({
    ...picture,
    hands: picture.hands.map((hand) => ({ ...hand, landmarks: hand.landmarks.map(turned) })),
  }));
}
